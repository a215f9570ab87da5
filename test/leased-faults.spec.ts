import { call } from '@gatehouse/bus/call.client';
import { registerLease } from '@gatehouse/contracts/leases';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { describe, expect, it } from '@jest/globals';
import { DEADLINE_MS, somebody, withLeasedGateways } from './leased-steps.js';

/** A change waits for a gateway that says nothing as long as this, and some for the machine. */
const LEASE_MS = 2_100;

const tests = withLeasedGateways();

describe('gateways with a lease of their own, while something is broken: those', () => {
  it('that hear nothing are waited for until their lease is over, and then ask', async () => {
    const deaf = await tests.open({ hears: false });
    const by = somebody();
    const { id, secret } = await tests.platform.issue(by);
    await tests.warm(secret, [deaf]);
    await tests.revoke(by, id);
    expect(await deaf.use(secret)).toBe(401);
    // It has renewed meanwhile, and has its lease: the change came with the renewal.
    await waitUntil('a lease', deaf.hasLease, DEADLINE_MS);
  }, 60_000);

  it('that are cut off from NATS accept nothing once a revoke has returned: 503, and 401 when they are back', async () => {
    const lost = await tests.open();
    const by = somebody();
    const { id, secret } = await tests.platform.issue(by);
    await tests.warm(secret, [lost]);
    lost.link.be('black hole');
    expect(await lost.use(secret)).toBe(200);
    const tookMs = await tests.revoke(by, id);
    expect(tookMs).toBeGreaterThan(1_500);
    expect(await lost.use(secret)).toBe(503);
    lost.link.be('none');
    await waitUntil('it is back', async () => (await lost.use(secret)) === 401, DEADLINE_MS);
  }, 60_000);

  it('would be wrong without the lease: the same gateway then accepts the revoked key', async () => {
    const lost = await tests.open({ checksLease: false });
    const by = somebody();
    const { id, secret } = await tests.platform.issue(by);
    await tests.warm(secret, [lost]);
    lost.link.be('black hole');
    await tests.revoke(by, id);
    expect(await lost.use(secret)).toBe(200);
  }, 60_000);

  it('are named by the answer to a revoke: who has acknowledged it, and whose lease had to run out', async () => {
    const deaf = await tests.open({ hears: false });
    const by = somebody();
    const { id } = await tests.platform.issue(by);
    const { acknowledged, expired, listed, heldAt } = await tests.settlementOf(by, id);
    const names = (holders: typeof expired) => holders.map(({ kind, holderId }) => `${kind} ${holderId}`);
    const hearing = tests.gateways.map(({ holderId }) => `gateway ${holderId}`);
    expect(names(acknowledged)).toEqual(expect.arrayContaining(hearing));
    expect(acknowledged.filter(({ kind }) => kind === 'keys')).toHaveLength(2);
    expect([names(expired), listed]).toEqual([[`gateway ${deaf.holderId}`], true]);
    expect(Math.abs(Date.parse(heldAt) - Date.now())).toBeLessThan(DEADLINE_MS);
  }, 60_000);

  it('that are slow to hear are waited for, not overtaken', async () => {
    const slow = await tests.open();
    const by = somebody();
    const { id, secret } = await tests.platform.issue(by);
    await tests.warm(secret, [slow]);
    slow.link.be('delay');
    expect(await tests.revoke(by, id)).toBeGreaterThan(300);
    slow.link.be('none');
    await waitUntil('an answer', async () => (await slow.use(secret)) !== 503, DEADLINE_MS);
    expect(await slow.use(secret)).toBe(401);
  }, 60_000);

  it('that are dead delay one revoke by a lease, and no further one', async () => {
    await call(tests.platform.client, registerLease, { holderId: 'd'.repeat(32) }, DEADLINE_MS);
    const by = somebody();
    const keys = [await tests.platform.issue(by), await tests.platform.issue(by)] as const;
    const first = await tests.revoke(by, keys[0].id);
    expect(first).toBeGreaterThan(2_000);
    expect(first).toBeLessThan(LEASE_MS + 3_000);
    expect(await tests.revoke(by, keys[1].id)).toBeLessThan(1_500);
  }, 60_000);

  it('serve again after NATS was away, with nothing restarted, and accept nothing revoked', async () => {
    const by = somebody();
    const [revoked, other] = [await tests.platform.issue(by), await tests.platform.issue(by)];
    await tests.warm(revoked.secret);
    await tests.revoke(by, revoked.id);
    await tests.warm(other.secret);
    await tests.platform.nats.kill();
    for (const gateway of tests.gateways) {
      await waitUntil('its lease is over', async () => (await gateway.use(other.secret)) === 503, DEADLINE_MS);
      expect([401, 503]).toContain(await gateway.use(revoked.secret));
    }
    await tests.platform.nats.restart();
    for (const gateway of tests.gateways) await waitUntil('a lease', gateway.hasLease, 30_000);
    await tests.warm(other.secret);
    expect(await tests.statuses(revoked.secret)).toEqual([401, 401, 401]);
    // Who manages keys here has a connection of its own, which may come back later than those of the gateways.
    const isBack = async () => (await tests.platform.issue(by)).id !== '';
    await waitUntil('the connection of who manages keys', isBack, DEADLINE_MS);
  }, 90_000);

  it('answer from memory for as long as their lease lasts where keys is gone, then 503, never 401', async () => {
    const { secret } = await tests.platform.issue(somebody());
    await tests.warm(secret);
    const stopped = tests.platform.stopKeys();
    const seen = new Set<number>();
    await waitUntil(
      'all leases are over',
      async () => {
        const answers = await tests.statuses(secret);
        for (const status of answers) seen.add(status);
        return answers.every((status) => status === 503);
      },
      DEADLINE_MS,
    );
    await stopped;
    expect([...seen].sort()).toEqual([200, 503]);
  }, 60_000);
});
