import { call } from '@gatehouse/bus/call.client';
import type { Actor } from '@gatehouse/contracts/actor';
import {
  disableKey,
  finishRotation,
  removeKey,
  rotateKey,
  setOrganization,
  updateKey,
} from '@gatehouse/contracts/keys';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { describe, expect, it } from '@jest/globals';
import type { LeasedGateway } from './leased-gateways.js';
import { DEADLINE_MS, somebody, withLeasedGateways } from './leased-steps.js';

const tests = withLeasedGateways();

describe('gateways with `verification: leased`', () => {
  it('[INV-01] refuse everywhere what was revoked, as soon as that has returned, and it takes milliseconds', async () => {
    const tookMs: number[] = [];
    for (let round = 0; round < 20; round++) {
      const by = somebody();
      const { id, secret } = await tests.platform.issue(by);
      await tests.warm(secret);
      tookMs.push(await tests.revoke(by, id));
      expect(await tests.statuses(secret)).toEqual([401, 401, 401]);
    }
    expect(tookMs.sort((one, other) => one - other)[10]).toBeLessThan(500);
  }, 90_000);

  it('[INV-01] accept nothing that starts after a revoke has returned, over three gateways under load', async () => {
    const by = somebody();
    const keys = await Promise.all(Array.from({ length: 30 }, () => tests.platform.issue(by)));
    await Promise.all(keys.map(({ secret }) => tests.warm(secret)));
    const revokedAtMs = new Map<string, number>();
    const late: string[] = [];
    let sent = 0;
    let stop = false;
    const client = async (seed: number) => {
      for (let turn = seed; !stop; turn++) {
        const { id, secret } = keys[turn % keys.length] as (typeof keys)[number];
        const startedMs = performance.now();
        const status = await (tests.gateways[turn % 3] as LeasedGateway).use(secret);
        sent++;
        if (status === 200 && startedMs > (revokedAtMs.get(id) ?? Number.POSITIVE_INFINITY)) late.push(id);
        if (![200, 401, 503].includes(status)) late.push(`${id} ${status}`);
      }
    };
    const clients = Promise.all(Array.from({ length: 12 }, (_, seed) => client(seed)));
    const reached: number[] = [];
    for (const { id } of keys) {
      await tests.revoke(by, id);
      revokedAtMs.set(id, performance.now());
      reached.push(tests.platform.upstream.requestsOf(id));
    }
    const enough = sent + 1_000;
    await waitUntil('more were sent', async () => sent > enough, 30_000);
    stop = true;
    await clients;
    expect(late).toEqual([]);
    // The upstream is the other witness: what was under way when the revoke returned may have reached it, no more.
    for (const [index, { id }] of keys.entries()) {
      expect(tests.platform.upstream.requestsOf(id) - (reached[index] ?? 0)).toBeLessThanOrEqual(12);
    }
  }, 90_000);

  it('[INV-02] [INV-04] never accept what another gateway has refused before, while a revoke is under way', async () => {
    const by = somebody();
    const seen = { accepted: 0, refused: 0, afterwards: 0 };
    const slow = await tests.open();
    const gateways = [...tests.gateways, slow];
    for (let round = 0; round < 12; round++) {
      const { id, secret } = await tests.platform.issue(by);
      await tests.warm(secret, gateways);
      // It answers from memory for as long as it has not heard of the change.
      slow.link.be('delay');
      let refusedAtMs = Number.POSITIVE_INFINITY;
      let stop = false;
      const client = async (seed: number) => {
        for (let turn = seed; !stop; turn++) {
          const startedMs = performance.now();
          const status = await (gateways[turn % 4] as LeasedGateway).use(secret);
          if (status === 401) {
            seen.refused++;
            refusedAtMs = Math.min(refusedAtMs, performance.now());
          } else if (status === 200) {
            seen.accepted++;
            if (startedMs > refusedAtMs) seen.afterwards++;
          }
        }
      };
      const clients = Promise.all(Array.from({ length: 8 }, (_, seed) => client(seed)));
      await tests.revoke(by, id);
      stop = true;
      await clients;
      slow.link.be('none');
      await waitUntil('its lease', slow.hasLease, DEADLINE_MS);
    }
    expect(seen.afterwards).toBe(0);
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(12);
  }, 90_000);

  it('[INV-01] hold to every change of a key and of its organization, at once and everywhere', async () => {
    const organization = { plan: 'free', limits: null };
    const secrets = new Map<string, string>();
    const secretOf = (id: string) => secrets.get(id) ?? '';
    type Change = (by: Actor, keyId: string) => Promise<unknown>;
    const ask: <Input>(contract: Parameters<typeof call>[1], input: Input) => Promise<unknown> = (contract, input) =>
      call(tests.platform.client, contract, input, DEADLINE_MS);
    const changes: Readonly<Record<string, readonly [status: number, change: Change]>> = {
      disabled: [401, (actor, keyId) => ask(disableKey, { actor, keyId })],
      removed: [401, (actor, keyId) => ask(removeKey, { actor, keyId })],
      'a scope less': [403, (actor, keyId) => ask(updateKey, { actor, keyId, scopes: ['invoices.read'] })],
      'another address': [403, (actor, keyId) => ask(updateKey, { actor, keyId, allowedAddresses: ['192.0.2.7'] })],
      'no uses left': [403, (actor, keyId) => ask(updateKey, { actor, keyId, remainingUses: 0 })],
      // Nobody answers for limits here, so each gateway enforces its share: one of three.
      'a limit of its own': [
        429,
        async (actor, keyId) => {
          await ask(updateKey, { actor, keyId, limits: { day: 3 } });
          expect(await tests.statuses(secretOf(keyId), '/write')).toEqual([200, 200, 200]);
        },
      ],
      'rotated at once': [
        401,
        (actor, keyId) => ask(rotateKey, { actor, keyId, projectSlug: 'default', graceSeconds: 0 }),
      ],
      'rotation finished': [
        401,
        async (actor, keyId) => {
          await ask(rotateKey, { actor, keyId, projectSlug: 'default', graceSeconds: 3_600 });
          return ask(finishRotation, { actor, keyId });
        },
      ],
      'organization suspended': [
        403,
        (actor) =>
          ask(setOrganization, { ...organization, organizationId: actor.organizationId, suspended: true, actor }),
      ],
    };
    for (const [what, [status, change]] of Object.entries(changes)) {
      const by = somebody();
      const { id, secret } = await tests.platform.issue(by);
      secrets.set(id, secret);
      await tests.warm(secret, tests.gateways, '/write');
      await change(by, id);
      expect([what, await tests.statuses(secret, '/write')]).toEqual([what, [status, status, status]]);
    }
  }, 90_000);

  it('refuse by their own clock what has expired, remembered or not', async () => {
    const [gateway] = [await tests.open()];
    const { secret } = await tests.platform.issue(somebody(), { expiresInDays: 1 });
    await tests.warm(secret, [gateway]);
    gateway.aheadMs = 86_400_000 + 1_000;
    expect(await gateway.use(secret)).toBe(401);
  }, 60_000);

  it('never spend a use from memory: of 60 at once over three gateways, 25 get one', async () => {
    const { id, secret } = await tests.platform.issue(somebody(), { remainingUses: 25 });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, turn) => (tests.gateways[turn % 3] as LeasedGateway).use(secret)),
    );
    expect(answers.filter((status) => status === 200)).toHaveLength(25);
    expect(tests.platform.upstream.requestsOf(id)).toBe(25);
  }, 60_000);

  it('are not told the old state by an answer that was on its way while the key was revoked', async () => {
    let release = () => {};
    let gate: Promise<void> | undefined;
    let reached = () => {};
    const held = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const slow = await tests.open({
      hold: async () => {
        if (gate === undefined) return;
        reached();
        await gate;
      },
    });
    const by = somebody();
    const { id, secret } = await tests.platform.issue(by);
    expect(await slow.use(secret)).toBe(200);
    gate = new Promise((resolve) => {
      release = resolve;
    });
    const before = slow.use(secret);
    await held;
    gate = undefined;
    await tests.revoke(by, id);
    expect(await slow.use(secret)).toBe(401);
    release();
    expect([200, 401]).toContain(await before);
    for (let again = 0; again < 4; again++) expect(await slow.use(secret)).toBe(401);
  }, 60_000);

  it('end streams within a second of the revoke', async () => {
    const by = somebody();
    const { id, secret } = await tests.platform.issue(by);
    await tests.warm(secret);
    const ended = await Promise.all(
      tests.gateways.map(async ({ url }) => {
        const answer = await fetch(`${url}/stream`, { headers: { authorization: `Bearer ${secret}` } });
        const reader = answer.body?.getReader();
        if (reader === undefined) throw new Error('there is no body');
        expect((await reader.read()).done).toBe(false);
        const end = async (): Promise<number> => {
          for (;;) {
            const more = await reader.read().catch(() => undefined);
            if (more === undefined || more.done) return performance.now();
          }
        };
        return end;
      }),
    );
    const ends = ended.map((end) => end());
    await tests.revoke(by, id);
    const revokedMs = performance.now();
    for (const endedMs of await Promise.all(ends)) expect(endedMs - revokedMs).toBeLessThan(1_000);
  }, 60_000);
});
