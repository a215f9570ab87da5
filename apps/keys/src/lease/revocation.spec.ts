import type { Bus } from '@gatehouse/bus/bus';
import { connectNats } from '@gatehouse/bus/nats.client';
import { invalidateSubject, VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { decodeVerifyReplies, encodeVerifyQueries, type VerifyReply } from '@gatehouse/contracts/verify-records';
import { readChange } from '@gatehouse/lease/change-message';
import { startTestNats } from '@gatehouse/testing/nats';
import { describe, expect, it } from '@jest/globals';
import { revokeKey } from '../lifecycle/change-state.js';
import {
  ACTOR,
  holderIds,
  newKey,
  openBus,
  openReplica,
  quiet,
  type ReplicaTests,
  stateOf,
  type TestReplica,
  until,
  withReplicas,
} from '../replica-under-test.conformance.js';
import { numberChanges } from './changes.store.js';
import { HoldersStore } from './holders.store.js';
import { changeAtOneMoment, unannounced } from './settling.js';

const tests = withReplicas();

async function isWaitingForLock({ pool }: Pick<ReplicaTests, 'pool'>): Promise<boolean> {
  const { rows } = await pool.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  return rows.length > 0;
}

describe('revocation [E12]', () => {
  it('holds on every replica as soon as it has returned, and takes a few milliseconds', async () => {
    const bus = openBus(tests);
    const [one, two] = [await openReplica(tests, { bus }), await openReplica(tests, { bus })];
    const tookMs: number[] = [];
    for (let round = 0; round < 30; round++) {
      const key = await newKey(tests);
      for (const replica of [one, two]) expect(stateOf(await replica.verify(key.digest))).toBe('active');
      tookMs.push(await one.revoke(key.keyId));
      for (const replica of [one, two]) expect(stateOf(await replica.verify(key.digest, 1))).toBe('revoked');
    }
    const p50 = tookMs.sort((a, b) => a - b)[15] as number;
    expect(p50).toBeLessThan(200);
  });

  it('holds for 64 at once', async () => {
    const bus = openBus(tests);
    const [one, two] = [await openReplica(tests, { bus }), await openReplica(tests, { bus })];
    const keys = await Promise.all(Array.from({ length: 64 }, () => newKey(tests)));
    const digests = keys.map((key) => key.digest);
    for (const replica of [one, two]) await replica.verifyAll(digests);
    await Promise.all(
      keys.map(async (key, index) => {
        await (index % 2 === 0 ? one : two).revoke(key.keyId);
        for (const replica of [one, two]) expect(stateOf(await replica.verify(key.digest))).toBe('revoked');
      }),
    );
  });

  it('waits for a replica that hears and renews nothing, until that no longer trusts its memory', async () => {
    const bus = openBus(tests);
    const [one, deaf] = [await openReplica(tests, { bus }), await openReplica(tests, { bus, hears: false })];
    const key = await newKey(tests);
    await deaf.verify(key.digest);
    deaf.breakRenewals();
    const tookMs = await one.revoke(key.keyId);
    expect(tookMs).toBeGreaterThan(1_500);
    expect(stateOf(await deaf.verify(key.digest, 1))).toBe('revoked');
  });

  it.each([
    ['renews', () => {}],
    ['does not renew', (deaf: TestReplica) => deaf.breakRenewals()],
  ])('is seen by all at one moment, also by a replica that hears nothing and %s', async (_what, prepare) => {
    const bus = openBus(tests);
    const [one, deaf] = [await openReplica(tests, { bus }), await openReplica(tests, { bus, hears: false })];
    const key = await newKey(tests);
    await deaf.verify(key.digest);
    prepare(deaf);
    let isRevoked = false;
    const revoking = one.revoke(key.keyId).then(() => {
      isRevoked = true;
    });
    const said: string[] = [];
    while (!isRevoked) {
      for (const replica of [one, deaf]) said.push(stateOf(await replica.verify(key.digest)));
      // What is remembered is answered without any pause, in which nobody else would get a turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await revoking;
    const firstRevoked = said.indexOf('revoked');
    expect(firstRevoked).toBeGreaterThan(0);
    expect(new Set(said.slice(0, firstRevoked))).toEqual(new Set(['active']));
    expect(new Set(said.slice(firstRevoked))).toEqual(new Set(['revoked']));
  });

  it('waits for a replica that enters itself while it is made', async () => {
    const bus = openBus(tests);
    const one = await openReplica(tests, { bus });
    const key = await newKey(tests);
    const late = 'f'.repeat(32);
    const holders = new HoldersStore(tests.pool);
    const attempts: (readonly string[] | undefined)[] = [];
    const startedAtMs = performance.now();
    const { announcement } = await changeAtOneMoment(one.replica, (announce) =>
      tests.store.change(ACTOR, key.keyId, (found) => revokeKey(found, undefined, Date.now()), {
        announce: async () => {
          const aware = await announce([key.keyId]);
          attempts.push(aware);
          if (attempts.length === 1) await holders.register(late);
          return aware;
        },
      }),
    );
    // It answered nothing when it was told, so what it might have taken before had to run out.
    expect(attempts).toEqual([[one.replica.holderId], undefined]);
    expect(performance.now() - startedAtMs).toBeGreaterThan(2_000);
    // It was taken off the list. Where it enters itself again, its first renewal tells it.
    expect(await holderIds(tests)).not.toContain(late);
    expect(await holders.renew(late, await holders.register(late))).toMatchObject({
      announced: [{ ids: [key.keyId] }],
    });
    await holders.release(late);
    await one.replica.settle(announcement ?? unannounced([key.keyId]), performance.now());
    expect(stateOf(await one.verify(key.digest))).toBe('revoked');
  });

  it('nobody enters itself while a change is numbered and not yet committed', async () => {
    const holders = new HoldersStore(tests.pool);
    const late = '9'.repeat(32);
    const before = await holders.register(late);
    const order: string[] = [];
    let registering: Promise<string> | undefined;
    await tests.database.transaction(async (manager) => {
      await numberChanges(manager, ['key_1'], [late]);
      registering = holders.register('8'.repeat(32)).then((seq) => {
        order.push('registered');
        return seq;
      });
      await until(async () => isWaitingForLock(tests));
      order.push('committed');
    });
    expect(Number(await registering)).toBe(Number(before) + 1);
    expect(order).toEqual(['committed', 'registered']);
    await Promise.all([late, '8'.repeat(32)].map((holderId) => holders.release(holderId)));
  });

  it('would be broken without leases: the same replica then accepts the revoked key', async () => {
    const bus = openBus(tests);
    const [one, deaf] = [
      await openReplica(tests, { bus }),
      await openReplica(tests, { bus, hears: false, checksLease: false }),
    ];
    const key = await newKey(tests);
    await deaf.verify(key.digest);
    deaf.breakRenewals();
    await one.revoke(key.keyId);
    expect(await deaf.verify(key.digest, 1)).toEqual({ kind: 'unchanged' });
  });

  it('waits for a replica that died once, not again', async () => {
    const bus = openBus(tests);
    const one = await openReplica(tests, { bus });
    await new HoldersStore(tests.pool).register('d'.repeat(32));
    const [first, second] = await Promise.all([newKey(tests), newKey(tests)]);
    expect(await one.revoke(first.keyId)).toBeGreaterThan(2_000);
    expect(await holderIds(tests)).not.toContain('d'.repeat(32));
    expect(await one.revoke(second.keyId)).toBeLessThan(1_500);
  });

  it('reaches a replica that hears nothing by its renewals', async () => {
    const bus = openBus(tests);
    const [one, deaf] = [await openReplica(tests, { bus }), await openReplica(tests, { bus, hears: false })];
    const key = await newKey(tests);
    await deaf.verify(key.digest);
    await one.revoke(key.keyId);
    expect(stateOf(await deaf.verify(key.digest, 1))).toBe('revoked');
    expect(deaf.replica.lease.isValid()).toBe(true);
    expect(await holderIds(tests)).toContain(deaf.replica.holderId);
  });

  it('waits in the same way where the key was revoked by one who died before telling anybody', async () => {
    const bus = openBus(tests);
    const [one, two] = [await openReplica(tests, { bus }), await openReplica(tests, { bus })];
    const key = await newKey(tests);
    await two.verify(key.digest);
    const told: string[] = [];
    const answering = await bus.answer(invalidateSubject('e'.repeat(32)), 'e', async (payload) => {
      const { kind, ids } = readChange(payload);
      told.push(`${kind} ${ids.join()}`);
      return payload;
    });
    await new HoldersStore(tests.pool).register('e'.repeat(32));
    await tests.store.change(ACTOR, key.keyId, (found) => revokeKey(found, undefined, Date.now()));
    await one.revoke(key.keyId);
    expect(told).toEqual([`made ${key.keyId}`]);
    expect(stateOf(await two.verify(key.digest, 1))).toBe('revoked');
    await answering.stop();
    await new HoldersStore(tests.pool).release('e'.repeat(32));
  });

  it('is not undone by a lookup that was on its way', async () => {
    const bus = openBus(tests);
    let release = () => {};
    let reached = () => {};
    const held = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let gate: Promise<void> | undefined = new Promise((resolve) => {
      release = resolve;
    });
    const hold = async () => {
      reached();
      await gate;
    };
    const [one, slow] = [await openReplica(tests, { bus }), await openReplica(tests, { bus, hold })];
    const key = await newKey(tests);
    const before = slow.verify(key.digest);
    await held;
    const waitedFor = gate;
    await one.revoke(key.keyId);
    gate = undefined;
    // Asked after the revoke: must not join the lookup that was asked before it.
    expect(stateOf(await slow.verify(key.digest))).toBe('revoked');
    release();
    await waitedFor;
    expect(stateOf(await before)).toBe('active');
    expect(stateOf(await slow.verify(key.digest))).toBe('revoked');
  });

  it('is never followed by an acceptance, over two replicas on NATS under load', async () => {
    const nats = await startTestNats();
    tests.opened.push(nats);
    const buses = await Promise.all(
      ['keys', 'keys', 'gateway'].map((name) => connectNats({ url: nats.url, name, logger: quiet })),
    );
    const [busOne, busTwo, asker] = buses as [Bus, Bus, Bus];
    tests.opened.push({ stop: () => Promise.all(buses.map((bus) => bus.drain())) });
    const [one, two] = [await openReplica(tests, { bus: busOne }), await openReplica(tests, { bus: busTwo })];
    const keys = await Promise.all(Array.from({ length: 40 }, () => newKey(tests)));
    const revokedAtMs = new Map<string, number>();
    let stop = false;
    let asked = 0;
    const late: string[] = [];
    const ask = async () => {
      while (!stop) {
        const startedAtMs = performance.now();
        const payload = encodeVerifyQueries(keys.map((key) => ({ digest: key.digest, knownRevision: 1 })));
        const { replies } = decodeVerifyReplies(await asker.request(VERIFY_SUBJECT, payload, 5_000), keys.length);
        keys.forEach((key, index) => {
          asked++;
          const wasRevoked = startedAtMs > (revokedAtMs.get(key.keyId) ?? Number.POSITIVE_INFINITY);
          if (wasRevoked && stateOf(replies[index] as VerifyReply) !== 'revoked') late.push(key.keyId);
        });
      }
    };
    const asking = Promise.all(Array.from({ length: 8 }, ask));
    for (const [index, key] of keys.entries()) {
      await (index % 2 === 0 ? one : two).revoke(key.keyId);
      revokedAtMs.set(key.keyId, performance.now());
    }
    await until(async () => asked > 10_000);
    stop = true;
    await asking;
    expect(late).toEqual([]);
  });
});
