import { REVOKER_WAIT_MS } from '@gatehouse/lease/lease';
import { describe, expect, it } from '@jest/globals';
import { type AnnouncePorts, announceChange, enterAnnouncement } from './announce-change.js';
import type { Holder } from './holders.store.js';

const OWN = 'a'.repeat(32);
const REPLICA: Holder = { holderId: 'b'.repeat(32), kind: 'keys', renewals: '5', learnsAnnounced: true };
const GATEWAY: Holder = { holderId: 'c'.repeat(32), kind: 'gateway', renewals: '5', learnsAnnounced: true };
const CHANGE = { changeId: 'c1', ids: ['key_1'] };

/** Who announces, over a clock that only its own waiting moves. */
function open(changes: Partial<Omit<AnnouncePorts, 'holders'>> & { holders?: Partial<AnnouncePorts['holders']> } = {}) {
  let nowMs = 0;
  const told: string[] = [];
  const ports: AnnouncePorts = {
    ownHolderId: OWN,
    hear: ({ kind, ids }) => told.push(`${kind} ${ids.join()} here`),
    request: async (subject, payload) => {
      told.push(`${Buffer.from(payload).toString().replace('\n', ' ')} ${subject}`);
      return payload;
    },
    monotonicMs: () => nowMs,
    pause: async (delayMs) => {
      nowMs += Math.max(delayMs, 1);
    },
    ...changes,
    holders: {
      list: async () => [{ ...REPLICA, holderId: OWN }, REPLICA, GATEWAY],
      removeSilent: async ({ kind }) => {
        told.push(`${kind} removed`);
      },
      enterAnnouncement: async ({ ids }) => {
        told.push(`entered ${ids.join()}`);
      },
      ...changes.holders,
    },
  };
  return { ports, told, nowMs: () => nowMs };
}

const TOLD = [
  `announced c1 key_1 gatehouse.v1.keys.invalidate.${REPLICA.holderId}`,
  `announced c1 key_1 gatehouse.v1.gateway.invalidate.${GATEWAY.holderId}`,
];
const unlisted = { list: () => Promise.reject(new Error('no database')) };
const nobody = () => Promise.reject(new Error('nobody'));

describe('a change that is about to be made', () => {
  it('is announced here and to every other holder, each on its own subject', async () => {
    const { ports, told } = open();
    expect(await announceChange(CHANGE, ports)).toEqual({
      ...CHANGE,
      holderIds: [OWN, REPLICA.holderId, GATEWAY.holderId],
      isEntered: false,
    });
    expect(told).toEqual(['announced key_1 here', ...TOLD]);
  });

  it('is known to nobody else where holders cannot be listed, and not to one that says nothing for 300 ms', async () => {
    const alone = await announceChange(CHANGE, open({ holders: unlisted }).ports);
    expect(alone).toEqual({ ...CHANGE, holderIds: [OWN], isEntered: false });
    const deadlines: number[] = [];
    const request = (subject: string, payload: Uint8Array, deadlineMs: number) => {
      deadlines.push(deadlineMs);
      return subject.includes('.gateway.') ? nobody() : Promise.resolve(payload);
    };
    const { holderIds } = await announceChange(CHANGE, open({ request }).ports);
    expect(holderIds).toEqual([OWN, REPLICA.holderId]);
    expect(deadlines).toEqual([300, 300]);
  });
});

describe('an announcement that is entered', () => {
  it('is entered before anybody is told once more', async () => {
    const { ports, told, nowMs } = open();
    expect(await enterAnnouncement(CHANGE, ports)).toMatchObject({ ...CHANGE, isEntered: true });
    expect(told).toEqual(['announced key_1 here', 'entered key_1', ...TOLD]);
    expect(nowMs()).toBe(0);
  });

  it('waits until a holder that says nothing has no lease left that it took before, and takes it off the list', async () => {
    const { ports, told, nowMs } = open({ request: nobody });
    await enterAnnouncement(CHANGE, ports);
    expect(nowMs()).toBeGreaterThanOrEqual(REVOKER_WAIT_MS);
    expect(told).toEqual(['announced key_1 here', 'entered key_1', 'keys removed', 'gateway removed']);
  });

  it('waits a whole lease where the holders cannot be listed', async () => {
    const { ports, nowMs } = open({ holders: unlisted });
    await enterAnnouncement(CHANGE, ports);
    expect(nowMs()).toBeGreaterThanOrEqual(REVOKER_WAIT_MS);
  });

  it('fails where it cannot be entered', async () => {
    const { ports } = open({ holders: { enterAnnouncement: () => Promise.reject(new Error('no database')) } });
    await expect(enterAnnouncement(CHANGE, ports)).rejects.toThrow('no database');
  });
});
