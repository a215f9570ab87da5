import { afterEach, describe, expect, it } from '@jest/globals';
import type { ChangeMessage } from './change-message.js';
import { HOLDER_LEASE_MS, LEASE_MS, Lease, REVOKER_WAIT_MS } from './lease.js';
import { LeaseKeeper, type Renewal } from './lease-keeper.js';

/** A keeper over a clock that stands still and a database that says what the test wants. */
function openKeeper() {
  let nowMs = 1_000;
  const done: string[] = [];
  const lease = new Lease(() => nowMs);
  const database = {
    register: async (_holderId: string) => '7',
    renew: async (_holderId: string, _appliedSeq: string): Promise<Renewal> => ({
      kind: 'renewed',
      appliedSeq: '7',
      changedIds: [],
      announced: [],
    }),
    release: async () => {},
  };
  const remembered = {
    evict: (keyId: string) => done.push(`evict ${keyId} ${lease.isValid()}`),
    hear: ({ kind, ids }: ChangeMessage) => done.push(`${kind} ${ids.join()} ${lease.isValid()}`),
    clear: () => done.push(`clear ${lease.isValid()}`),
  };
  const keeper = new LeaseKeeper({
    holderId: 'a'.repeat(32),
    lease,
    holders: database,
    remembered,
    monotonicMs: () => nowMs,
    log: { warn: () => {}, info: () => {} },
  });
  opened.push(keeper);
  const passMs = (milliseconds: number) => {
    nowMs += milliseconds;
  };
  return { keeper, lease, database, done, passMs };
}

const opened: LeaseKeeper[] = [];
afterEach(async () => {
  for (const keeper of opened.splice(0)) await keeper.stop();
});

describe('the lease of a holder', () => {
  it('ends earlier for the holder than for a revoker, by more than clocks may run apart', () => {
    expect(HOLDER_LEASE_MS).toBeLessThanOrEqual(LEASE_MS * 0.9);
    expect(REVOKER_WAIT_MS).toBeGreaterThan(LEASE_MS);
  });

  it('lasts from before the renewal was sent, so that a slow answer shortens it', async () => {
    const { keeper, lease, database, passMs } = openKeeper();
    await keeper.start();
    database.renew = async () => {
      passMs(1_000);
      return { kind: 'renewed', appliedSeq: '7', changedIds: [], announced: [] };
    };
    await keeper.renew();
    passMs(HOLDER_LEASE_MS - 1_000 - 1);
    expect(lease.isValid()).toBe(true);
    passMs(1);
    expect(lease.isValid()).toBe(false);
  });

  it('is not valid at all where the answer comes after its end', async () => {
    const { keeper, lease, database, passMs } = openKeeper();
    database.renew = async () => {
      passMs(HOLDER_LEASE_MS);
      return { kind: 'renewed', appliedSeq: '7', changedIds: [], announced: [] };
    };
    await keeper.start();
    expect(lease.isValid()).toBe(false);
  });

  it('is not taken by registering, but by the renewal behind it', async () => {
    const { keeper, lease, database, done } = openKeeper();
    const working = database.renew;
    let validBefore = true;
    database.renew = async (holderId, appliedSeq) => {
      validBefore = lease.isValid();
      done.push(`renew ${appliedSeq}`);
      return working(holderId, appliedSeq);
    };
    await keeper.start();
    expect([validBefore, lease.isValid()]).toEqual([false, true]);
    expect(done).toEqual(['clear false', 'renew 7']);
  });

  it('is taken later where it cannot be had at first, and renewed soon again where that failed', async () => {
    const { keeper, lease, database } = openKeeper();
    const working = database.register;
    let tries = 0;
    const taken = new Promise<void>((resolve) => {
      database.register = async (holderId) => {
        if (++tries < 3) throw new Error('nobody answers');
        setImmediate(resolve);
        return working(holderId);
      };
    });
    keeper.startWithoutLease();
    expect(lease.isValid()).toBe(false);
    await taken;
    expect(lease.isValid()).toBe(true);
  });

  it('is extended only after what has changed, and what is about to, is forgotten', async () => {
    const { keeper, lease, database, done, passMs } = openKeeper();
    await keeper.start();
    passMs(HOLDER_LEASE_MS);
    done.length = 0;
    database.renew = async () => ({
      kind: 'renewed',
      appliedSeq: '9',
      changedIds: ['key_1', 'key_2'],
      announced: [{ changeId: 'c1', ids: ['key_3'] }],
    });
    await keeper.renew();
    expect(done).toEqual(['evict key_1 false', 'evict key_2 false', 'announced key_3 false']);
    expect(lease.isValid()).toBe(true);
  });

  it('asks again from what it has applied where an answer was lost', async () => {
    const { keeper, database } = openKeeper();
    await keeper.start();
    const asked: string[] = [];
    const working = database.renew;
    database.renew = async (_holderId, appliedSeq) => {
      asked.push(appliedSeq);
      throw new Error('the answer was lost');
    };
    await expect(keeper.renew()).rejects.toThrow('lost');
    database.renew = async (holderId, appliedSeq) => {
      asked.push(appliedSeq);
      return working(holderId, appliedSeq);
    };
    await keeper.renew();
    expect(asked).toEqual(['7', '7']);
  });

  it('ends before anything else where the row has vanished; a new one begins with nothing remembered', async () => {
    const { keeper, lease, database, done } = openKeeper();
    await keeper.start();
    done.length = 0;
    const working = database.renew;
    database.renew = async () => {
      database.renew = working;
      return { kind: 'vanished' };
    };
    let validWhileRegistering = true;
    database.register = async () => {
      validWhileRegistering = lease.isValid();
      return '12';
    };
    await keeper.renew();
    expect(validWhileRegistering).toBe(false);
    expect(done).toEqual(['clear false', 'clear false']);
    expect(lease.isValid()).toBe(true);
  });

  it('is given back by a replica that stops, and not taken again', async () => {
    const { keeper, lease, database, done } = openKeeper();
    await keeper.start();
    let released = 0;
    database.release = async () => {
      expect(lease.isValid()).toBe(false);
      released++;
    };
    await keeper.stop();
    expect(released).toBe(1);
    expect(done.at(-1)).toBe('clear false');
  });
});
