import { LEASE_MS, REVOKER_WAIT_MS } from '@gatehouse/lease/lease';
import { describe, expect, it } from '@jest/globals';
import type { Announcement } from './announce-change.js';
import type { Holder } from './holders.store.js';
import { type SettlePorts, settleChange } from './settle-change.js';

const OWN = 'a'.repeat(32);
const OTHER: Holder = { holderId: 'b'.repeat(32), kind: 'keys', renewals: '5', learnsAnnounced: true };
const GATEWAY: Holder = { holderId: 'c'.repeat(32), kind: 'gateway', renewals: '5', learnsAnnounced: true };

const CHANGE: Announcement = { changeId: 'c1', ids: ['key_1'], holderIds: [], isEntered: false };

/** A revoker over a clock that only its own waiting moves. */
function openRevoker(changes: Partial<SettlePorts> = {}) {
  let nowMs = 0;
  const requests: string[] = [];
  const removed: Holder[] = [];
  const heard: string[] = [];
  const ports: SettlePorts = {
    ownHolderId: OWN,
    hear: ({ kind, changeId, ids }) => heard.push(`${kind} ${changeId} ${ids.join()}`),
    holders: {
      list: async () => [{ holderId: OWN, kind: 'keys', renewals: '1', learnsAnnounced: true }, OTHER],
      removeSilent: async (holder) => {
        removed.push(holder);
      },
      endAnnouncement: async () => true,
    },
    request: async (subject, payload) => {
      requests.push(`${subject} ${Buffer.from(payload).toString()}`);
      return payload;
    },
    monotonicMs: () => nowMs,
    pause: async (delayMs) => {
      nowMs += Math.max(delayMs, 1);
    },
    ...changes,
  };
  return { ports, requests, removed, heard, nowMs: () => nowMs, passMs: (ms: number) => (nowMs += ms) };
}

describe('settleChange', () => {
  it('forgets the key here and tells every other holder', async () => {
    const revoker = openRevoker();
    await settleChange(CHANGE, 0, revoker.ports);
    expect(revoker.heard).toEqual(['made c1 key_1']);
    expect(revoker.requests).toEqual([`gatehouse.v1.keys.invalidate.${OTHER.holderId} made c1\nkey_1`]);
    expect(revoker.nowMs()).toBe(0);
    expect(revoker.removed).toEqual([]);
  });

  it('tells of many changes with one message to each holder', async () => {
    const revoker = openRevoker();
    await settleChange({ ...CHANGE, ids: ['key_1', 'key_2'] }, 0, revoker.ports);
    expect(revoker.heard).toEqual(['made c1 key_1,key_2']);
    expect(revoker.requests).toEqual([`gatehouse.v1.keys.invalidate.${OTHER.holderId} made c1\nkey_1\nkey_2`]);
  });

  it('tries again while the lease may last: one lost message costs little', async () => {
    let attempts = 0;
    const revoker = openRevoker({
      request: async (_subject, payload) => {
        if (++attempts < 3) throw new Error('lost');
        return payload;
      },
    });
    await settleChange(CHANGE, 0, revoker.ports);
    expect(attempts).toBe(3);
    expect(revoker.nowMs()).toBeLessThan(500);
  });

  it('waits out the whole lease of a holder that stays silent, then removes it as it was seen', async () => {
    const revoker = openRevoker({ request: () => Promise.reject(new Error('nobody')) });
    await settleChange(CHANGE, 0, revoker.ports);
    expect(revoker.nowMs()).toBeGreaterThanOrEqual(REVOKER_WAIT_MS);
    expect(revoker.removed).toEqual([OTHER]);
  });

  it('leaves a silent holder in place where the list came so late that its lease may last', async () => {
    const revoker = openRevoker({ request: () => Promise.reject(new Error('nobody')) });
    const holders = {
      ...revoker.ports.holders,
      list: async () => {
        revoker.passMs(REVOKER_WAIT_MS - LEASE_MS + 1);
        return [OTHER];
      },
    };
    await settleChange(CHANGE, 0, { ...revoker.ports, holders });
    expect(revoker.removed).toEqual([]);
  });

  it('tells gateways only when every replica has forgotten, since they remember what replicas say', async () => {
    const order: string[] = [];
    let settled = false;
    const revoker = openRevoker({
      request: async (subject, payload) => {
        order.push(subject.split('.')[2] ?? '');
        if (subject.includes('.keys.')) {
          for (let turn = 0; turn < 5; turn++) await Promise.resolve();
          settled = true;
        } else expect(settled).toBe(true);
        return payload;
      },
    });
    const holders = { ...revoker.ports.holders, list: async () => [GATEWAY, OTHER] };
    const settlement = await settleChange(CHANGE, 0, { ...revoker.ports, holders });
    expect(order).toEqual(['keys', 'gateway']);
    expect(settlement).toEqual({
      acknowledged: [
        { holderId: OWN, kind: 'keys' },
        { holderId: OTHER.holderId, kind: 'keys' },
        { holderId: GATEWAY.holderId, kind: 'gateway' },
      ],
      expired: [],
      listed: true,
    });
  });

  it('says who was not heard, so that its lease had to run out', async () => {
    const revoker = openRevoker({
      request: (subject, payload) =>
        subject.includes('.gateway.') ? Promise.reject(new Error('nobody')) : Promise.resolve(payload),
    });
    const holders = { ...revoker.ports.holders, list: async () => [GATEWAY, OTHER] };
    const { expired } = await settleChange(CHANGE, 0, { ...revoker.ports, holders });
    expect(expired).toEqual([{ holderId: GATEWAY.holderId, kind: 'gateway' }]);
    expect(revoker.nowMs()).toBeGreaterThanOrEqual(REVOKER_WAIT_MS);
  });

  it('waits a whole lease where the holders cannot be listed', async () => {
    const revoker = openRevoker();
    const holders = { ...revoker.ports.holders, list: () => Promise.reject(new Error('no database')) };
    await settleChange(CHANGE, 0, { ...revoker.ports, holders });
    expect(revoker.nowMs()).toBeGreaterThanOrEqual(REVOKER_WAIT_MS);
  });

  describe('of which a holder that says nothing has learned from its renewals', () => {
    const ENTERED: Announcement = { ...CHANGE, isEntered: true };
    const silent = () => openRevoker({ request: () => Promise.reject(new Error('nobody')) });

    it('is told to it, and not waited for', async () => {
      const revoker = silent();
      const settlement = await settleChange(ENTERED, 0, revoker.ports);
      expect(revoker.nowMs()).toBe(0);
      expect(revoker.removed).toEqual([]);
      expect(settlement.expired).toEqual([{ holderId: OTHER.holderId, kind: 'keys' }]);
    });

    it.each([
      ['its version does not learn of announcements', { list: async () => [{ ...OTHER, learnsAnnounced: false }] }],
      ['the announcement was gone already', { endAnnouncement: async () => false }],
      ['nobody knows whether it was', { endAnnouncement: () => Promise.reject(new Error('no database')) }],
    ])('waits out its lease where %s', async (_why, broken) => {
      const revoker = silent();
      await settleChange(ENTERED, 0, { ...revoker.ports, holders: { ...revoker.ports.holders, ...broken } });
      expect(revoker.nowMs()).toBeGreaterThanOrEqual(REVOKER_WAIT_MS);
    });
  });
});
