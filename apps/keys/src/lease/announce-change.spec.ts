import { describe, expect, it } from '@jest/globals';
import { type AnnouncePorts, announceChange } from './announce-change.js';
import type { Holder } from './holders.store.js';

const OWN = 'a'.repeat(32);
const REPLICA: Holder = { holderId: 'b'.repeat(32), kind: 'keys', renewals: '5' };
const GATEWAY: Holder = { holderId: 'c'.repeat(32), kind: 'gateway', renewals: '5' };

function open(changes: Partial<AnnouncePorts> = {}) {
  const told: string[] = [];
  const ports: AnnouncePorts = {
    ownHolderId: OWN,
    hear: ({ kind, ids }) => told.push(`${kind} ${ids.join()} here`),
    holders: { list: async () => [{ ...REPLICA, holderId: OWN }, REPLICA, GATEWAY] },
    request: async (subject, payload, deadlineMs) => {
      expect(deadlineMs).toBeLessThanOrEqual(500);
      told.push(`${Buffer.from(payload).toString().replace('\n', ' ')} ${subject}`);
      return payload;
    },
    ...changes,
  };
  return { ports, told };
}

describe('a change that is about to be made', () => {
  it('is announced here and to every other holder, each on its own subject', async () => {
    const { ports, told } = open();
    await announceChange('c1', ['key_1'], ports);
    expect(told).toEqual([
      'announced key_1 here',
      `announced c1 key_1 gatehouse.v1.keys.invalidate.${REPLICA.holderId}`,
      `announced c1 key_1 gatehouse.v1.gateway.invalidate.${GATEWAY.holderId}`,
    ]);
  });

  it('is made all the same where holders cannot be listed, or do not answer: settling waits for them', async () => {
    const unlisted = open({ holders: { list: () => Promise.reject(new Error('no database')) } });
    await announceChange('c1', ['key_1'], unlisted.ports);
    expect(unlisted.told).toEqual(['announced key_1 here']);
    const silent = open({ request: () => Promise.reject(new Error('nobody')) });
    await announceChange('c1', ['key_1'], silent.ports);
    expect(silent.told).toEqual(['announced key_1 here']);
  });
});
