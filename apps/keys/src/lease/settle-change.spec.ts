import { describe, expect, it } from '@jest/globals';
import type { Holder } from './holders.store.js';
import { LEASE_MS, REVOKER_WAIT_MS } from './lease.js';
import { readChangedIds, type SettlePorts, settleChange, writeChangedIds } from './settle-change.js';

const OWN = 'a'.repeat(32);
const OTHER: Holder = { holderId: 'b'.repeat(32), renewals: '5' };

/** A revoker over a clock that only its own waiting moves. */
function openRevoker(changes: Partial<SettlePorts> = {}) {
  let nowMs = 0;
  const requests: string[] = [];
  const removed: Holder[] = [];
  const evicted: string[] = [];
  const ports: SettlePorts = {
    ownHolderId: OWN,
    remembered: { evict: (keyId) => evicted.push(keyId) },
    holders: {
      list: async () => [{ holderId: OWN, renewals: '1' }, OTHER],
      removeSilent: async (holder) => {
        removed.push(holder);
      },
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
  return { ports, requests, removed, evicted, nowMs: () => nowMs, passMs: (ms: number) => (nowMs += ms) };
}

describe('settleChange', () => {
  it('forgets the key here and tells every other holder', async () => {
    const revoker = openRevoker();
    await settleChange(['key_1'], 0, revoker.ports);
    expect(revoker.evicted).toEqual(['key_1']);
    expect(revoker.requests).toEqual([`gatehouse.v1.keys.invalidate.${OTHER.holderId} key_1`]);
    expect(revoker.nowMs()).toBe(0);
    expect(revoker.removed).toEqual([]);
  });

  it('tells of many changes with one message to each holder', async () => {
    const revoker = openRevoker();
    await settleChange(['key_1', 'key_2'], 0, revoker.ports);
    expect(revoker.evicted).toEqual(['key_1', 'key_2']);
    expect(revoker.requests).toEqual([`gatehouse.v1.keys.invalidate.${OTHER.holderId} key_1\nkey_2`]);
    expect(readChangedIds(writeChangedIds(['key_1', 'key_2']))).toEqual(['key_1', 'key_2']);
  });

  it('tries again while the lease may last: one lost message costs little', async () => {
    let attempts = 0;
    const revoker = openRevoker({
      request: async (_subject, payload) => {
        if (++attempts < 3) throw new Error('lost');
        return payload;
      },
    });
    await settleChange(['key_1'], 0, revoker.ports);
    expect(attempts).toBe(3);
    expect(revoker.nowMs()).toBeLessThan(500);
  });

  it('waits out the whole lease of a holder that stays silent, then removes it as it was seen', async () => {
    const revoker = openRevoker({ request: () => Promise.reject(new Error('nobody')) });
    await settleChange(['key_1'], 0, revoker.ports);
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
    await settleChange(['key_1'], 0, { ...revoker.ports, holders });
    expect(revoker.removed).toEqual([]);
  });

  it('waits a whole lease where the holders cannot be listed', async () => {
    const revoker = openRevoker();
    const holders = { ...revoker.ports.holders, list: () => Promise.reject(new Error('no database')) };
    await settleChange(['key_1'], 0, { ...revoker.ports, holders });
    expect(revoker.nowMs()).toBeGreaterThanOrEqual(REVOKER_WAIT_MS);
  });
});
