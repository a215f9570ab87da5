import { VERIFY_SUBJECT, verifyReplicaSubject } from '@gatehouse/contracts/hot-subjects';
import { decodeVerifyReplies, encodeVerifyQueries, type VerifyReply } from '@gatehouse/contracts/verify-records';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { startTestPostgres } from '@gatehouse/testing/postgres';
import { describe, expect, it } from '@jest/globals';
import {
  holderIds,
  newKey,
  openBus,
  openDatabase,
  openReplica,
  stateOf,
  until,
  withReplicas,
} from '../replica-under-test.conformance.js';
import { onlyPepper } from '../secrets/peppers.js';
import { FactsStore } from './facts.store.js';

const tests = withReplicas();

describe('verification', () => {
  it('tells the facts of a key, confirms those that the asker still has, knows no others', async () => {
    const one = await openReplica(tests, { bus: openBus(tests) });
    const key = await newKey(tests);
    expect(await one.verify(key.digest)).toMatchObject({
      kind: 'facts',
      facts: { keyId: key.keyId, revision: 1, state: 'active', scopes: ['invoices.read'], expiresAtMs: null },
    });
    expect(await one.verify(key.digest, 1)).toEqual({ kind: 'unchanged' });
    expect(await one.verify(key.digest, 2)).toMatchObject({ kind: 'facts' });
    expect(await one.verify(digestKey('nobody'))).toEqual({ kind: 'unknown' });
  });

  it('answers in turn with others and by its own name, says who it is, and is silent when it has stopped', async () => {
    const bus = openBus(tests);
    const [one, two] = [await openReplica(tests, { bus }), await openReplica(tests, { bus })];
    const payload = encodeVerifyQueries([{ digest: digestKey('nobody'), knownRevision: 0 }]);
    const whoAnswers = async (subject: string) =>
      decodeVerifyReplies(await bus.request(subject, payload, 3_000), 1).replicaId;
    const ids = [one, two].map(({ replica }) => replica.holderId);
    const inTurn = [await whoAnswers(VERIFY_SUBJECT), await whoAnswers(VERIFY_SUBJECT)];
    expect(inTurn.sort()).toEqual([...ids].sort());
    for (const id of ids) expect(await whoAnswers(verifyReplicaSubject(id))).toBe(id);
    await one.replica.stop();
    expect(await whoAnswers(VERIFY_SUBJECT)).toBe(two.replica.holderId);
    await expect(whoAnswers(verifyReplicaSubject(one.replica.holderId))).rejects.toThrow('nobody answers');
  });

  it('asks the database once for a batch, once for many who ask at the same time, and not at all after that', async () => {
    const one = await openReplica(tests, { bus: openBus(tests) });
    const keys = await Promise.all(Array.from({ length: 40 }, () => newKey(tests)));
    const digests = keys.map((key) => key.digest);
    const batches = await Promise.all(Array.from({ length: 20 }, () => one.verifyAll([...digests, ...digests])));
    expect(one.lookups()).toBe(1);
    for (const replies of batches) expect(replies.map(stateOf)).toEqual(new Array(80).fill('active'));
    await one.verifyAll(digests);
    expect(one.lookups()).toBe(1);
  });

  it('has every connection open, and the statement prepared on it, before it answers', async () => {
    await new FactsStore(tests.pool, onlyPepper(Buffer.alloc(32))).warmUp();
    expect(tests.pool.totalCount).toBe(16);
    expect(tests.pool.idleCount).toBe(16);
    const prepared = 'SELECT name FROM pg_prepared_statements';
    const found = await Promise.all(Array.from({ length: 16 }, () => tests.pool.query(prepared)));
    for (const { rows } of found) expect(rows.map(({ name }) => name)).toContain('verify-keys');
  });

  it('remembers no key that does not exist: one that is created later is found at once', async () => {
    const one = await openReplica(tests, { bus: openBus(tests) });
    const secret = mintKey('ex_live_');
    expect((await one.verify(digestKey(secret))).kind).toBe('unknown');
    expect((await one.verify(digestKey(secret))).kind).toBe('unknown');
    expect(one.lookups()).toBe(2);
  });

  it('asks the database for every request while there is no lease', async () => {
    const one = await openReplica(tests, { bus: openBus(tests) });
    const key = await newKey(tests);
    await one.verify(key.digest);
    one.breakRenewals();
    one.skipMs(2_000);
    for (let round = 0; round < 5; round++) expect(stateOf(await one.verify(key.digest))).toBe('active');
    expect(one.lookups()).toBe(6);
  });

  it('starts afresh where its place among the lease holders has vanished', async () => {
    const one = await openReplica(tests, { bus: openBus(tests) });
    const key = await newKey(tests);
    await one.verify(key.digest);
    await tests.pool.query('DELETE FROM lease_holders WHERE holder_id = $1', [one.replica.holderId]);
    await until(async () => one.replica.known.size === 0);
    await until(async () => (await holderIds(tests)).includes(one.replica.holderId));
  });
});

describe('without PostgreSQL', () => {
  it('goes on verifying remembered keys until the lease ends, then is unavailable, never unknown', async () => {
    const server = await startTestPostgres();
    tests.opened.push(server);
    const own = await openDatabase(server);
    tests.opened.push({ stop: () => own.close() });
    const bus = openBus(tests);
    const one = await openReplica(tests, { bus, on: own });
    const key = await newKey(own);
    await one.verify(key.digest);
    await server.kill();
    const [remembered, other] = await one.verifyAll([key.digest, digestKey('other')]);
    const seen = new Set([stateOf(remembered as VerifyReply)]);
    expect(other).toEqual({ kind: 'unavailable' });
    await until(async () => {
      seen.add(stateOf(await one.verify(key.digest)));
      return seen.has('unavailable');
    });
    expect(one.replica.lease.isValid()).toBe(false);
    expect([...seen].sort()).toEqual(['active', 'unavailable']);
    await expect(one.revoke(key.keyId)).rejects.toThrow();

    await server.restart();
    await until(async () => stateOf(await one.verify(key.digest)) === 'active');
    await until(async () => one.replica.lease.isValid());
  });
});
