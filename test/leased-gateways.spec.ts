import { randomBytes } from 'node:crypto';
import { call } from '@gatehouse/bus/call.client';
import type { Actor } from '@gatehouse/contracts/actor';
import {
  disableKey,
  finishRotation,
  removeKey,
  revokeKey,
  rotateKey,
  setOrganization,
  updateKey,
} from '@gatehouse/contracts/keys';
import { registerLease } from '@gatehouse/contracts/leases';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type GatewayOptions,
  type LeasedGateway,
  type LeasedPlatform,
  startLeasedPlatform,
} from './leased-gateways.js';

/** A change waits for a gateway that says nothing as long as this, and some for the machine. */
const LEASE_MS = 2_100;
const DEADLINE_MS = 15_000;

describe('gateways with `verification: leased`', () => {
  let platform: LeasedPlatform;
  let gateways: LeasedGateway[];
  const opened: LeasedGateway[] = [];
  const open = async (options?: GatewayOptions) => {
    const gateway = await platform.openGateway(options);
    opened.push(gateway);
    return gateway;
  };

  beforeAll(async () => {
    platform = await startLeasedPlatform();
    gateways = [await platform.openGateway(), await platform.openGateway(), await platform.openGateway()];
  }, 90_000);
  afterEach(async () => {
    for (const gateway of opened.splice(0)) await gateway.stop();
  });
  afterAll(async () => {
    await platform?.stop();
  }, 60_000);

  const somebody = (): Actor => ({
    accountId: 'acc_1',
    organizationId: `org_${randomBytes(8).toString('hex')}`,
    role: 'developer',
    address: '192.0.2.1',
    requestId: 'req_1',
  });
  const revoke = async (by: Actor, keyId: string) => {
    const startedMs = performance.now();
    const answer = await call(platform.client, revokeKey, { actor: by, keyId }, DEADLINE_MS);
    expect(answer.kind).toBe('revoked');
    return performance.now() - startedMs;
  };
  /** Uses a key until each of these gateways answers for it from memory. */
  const warm = async (secret: string, which = gateways, path = '/read') => {
    for (const gateway of which) {
      await waitUntil(
        'the key is answered from memory',
        async () => {
          const before = await gateway.remembered();
          return (await gateway.use(secret, path)) === 200 && (await gateway.remembered()) > before;
        },
        DEADLINE_MS,
      );
    }
  };
  const statuses = (secret: string, path?: string) => Promise.all(gateways.map((gateway) => gateway.use(secret, path)));

  it('[INV-01] refuse everywhere what was revoked, as soon as that has returned, and it takes milliseconds', async () => {
    const tookMs: number[] = [];
    for (let round = 0; round < 20; round++) {
      const by = somebody();
      const { id, secret } = await platform.issue(by);
      await warm(secret);
      tookMs.push(await revoke(by, id));
      expect(await statuses(secret)).toEqual([401, 401, 401]);
    }
    expect(tookMs.sort((one, other) => one - other)[10]).toBeLessThan(500);
  }, 90_000);

  it('[INV-01] accept nothing that starts after a revoke has returned, over three gateways under load', async () => {
    const by = somebody();
    const keys = await Promise.all(Array.from({ length: 30 }, () => platform.issue(by)));
    await Promise.all(keys.map(({ secret }) => warm(secret)));
    const revokedAtMs = new Map<string, number>();
    const late: string[] = [];
    let sent = 0;
    let stop = false;
    const client = async (seed: number) => {
      for (let turn = seed; !stop; turn++) {
        const { id, secret } = keys[turn % keys.length] as (typeof keys)[number];
        const startedMs = performance.now();
        const status = await (gateways[turn % 3] as LeasedGateway).use(secret);
        sent++;
        if (status === 200 && startedMs > (revokedAtMs.get(id) ?? Number.POSITIVE_INFINITY)) late.push(id);
        if (![200, 401, 503].includes(status)) late.push(`${id} ${status}`);
      }
    };
    const clients = Promise.all(Array.from({ length: 12 }, (_, seed) => client(seed)));
    const reached: number[] = [];
    for (const { id } of keys) {
      await revoke(by, id);
      revokedAtMs.set(id, performance.now());
      reached.push(platform.upstream.requestsOf(id));
    }
    const enough = sent + 1_000;
    await waitUntil('more were sent', async () => sent > enough, 30_000);
    stop = true;
    await clients;
    expect(late).toEqual([]);
    // The upstream is the other witness: what was under way when the revoke returned may have reached it, no more.
    for (const [index, { id }] of keys.entries()) {
      expect(platform.upstream.requestsOf(id) - (reached[index] ?? 0)).toBeLessThanOrEqual(12);
    }
  }, 90_000);

  it('[INV-01] hold to every change of a key and of its organization, at once and everywhere', async () => {
    const organization = { plan: 'free', limits: null };
    const secrets = new Map<string, string>();
    const secretOf = (id: string) => secrets.get(id) ?? '';
    type Change = (by: Actor, keyId: string) => Promise<unknown>;
    const ask: <Input>(contract: Parameters<typeof call>[1], input: Input) => Promise<unknown> = (contract, input) =>
      call(platform.client, contract, input, DEADLINE_MS);
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
          expect(await statuses(secretOf(keyId), '/write')).toEqual([200, 200, 200]);
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
      const { id, secret } = await platform.issue(by);
      secrets.set(id, secret);
      await warm(secret, gateways, '/write');
      await change(by, id);
      expect([what, await statuses(secret, '/write')]).toEqual([what, [status, status, status]]);
    }
  }, 90_000);

  it('refuse by their own clock what has expired, remembered or not', async () => {
    const [gateway] = [await open()];
    const { secret } = await platform.issue(somebody(), { expiresInDays: 1 });
    await warm(secret, [gateway]);
    gateway.aheadMs = 86_400_000 + 1_000;
    expect(await gateway.use(secret)).toBe(401);
  }, 60_000);

  it('never spend a use from memory: of 60 at once over three gateways, 25 get one', async () => {
    const { id, secret } = await platform.issue(somebody(), { remainingUses: 25 });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, turn) => (gateways[turn % 3] as LeasedGateway).use(secret)),
    );
    expect(answers.filter((status) => status === 200)).toHaveLength(25);
    expect(platform.upstream.requestsOf(id)).toBe(25);
  }, 60_000);

  it('are not told the old state by an answer that was on its way while the key was revoked', async () => {
    let release = () => {};
    let gate: Promise<void> | undefined;
    let reached = () => {};
    const held = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const slow = await open({
      hold: async () => {
        if (gate === undefined) return;
        reached();
        await gate;
      },
    });
    const by = somebody();
    const { id, secret } = await platform.issue(by);
    expect(await slow.use(secret)).toBe(200);
    gate = new Promise((resolve) => {
      release = resolve;
    });
    const before = slow.use(secret);
    await held;
    gate = undefined;
    await revoke(by, id);
    expect(await slow.use(secret)).toBe(401);
    release();
    expect([200, 401]).toContain(await before);
    for (let again = 0; again < 4; again++) expect(await slow.use(secret)).toBe(401);
  }, 60_000);

  it('that hear nothing are waited for until their lease is over, and then ask', async () => {
    const deaf = await open({ hears: false });
    const by = somebody();
    const { id, secret } = await platform.issue(by);
    await warm(secret, [deaf]);
    await revoke(by, id);
    expect(await deaf.use(secret)).toBe(401);
    // It has renewed meanwhile, and has its lease: the change came with the renewal.
    await waitUntil('a lease', deaf.hasLease, DEADLINE_MS);
  }, 60_000);

  it('that are cut off from NATS accept nothing once a revoke has returned: 503, and 401 when they are back', async () => {
    const lost = await open();
    const by = somebody();
    const { id, secret } = await platform.issue(by);
    await warm(secret, [lost]);
    lost.link.be('black hole');
    expect(await lost.use(secret)).toBe(200);
    const tookMs = await revoke(by, id);
    expect(tookMs).toBeGreaterThan(1_500);
    expect(await lost.use(secret)).toBe(503);
    lost.link.be('none');
    await waitUntil('it is back', async () => (await lost.use(secret)) === 401, DEADLINE_MS);
  }, 60_000);

  it('would be wrong without the lease: the same gateway then accepts the revoked key', async () => {
    const lost = await open({ checksLease: false });
    const by = somebody();
    const { id, secret } = await platform.issue(by);
    await warm(secret, [lost]);
    lost.link.be('black hole');
    await revoke(by, id);
    expect(await lost.use(secret)).toBe(200);
  }, 60_000);

  it('that are slow to hear are waited for, not overtaken', async () => {
    const slow = await open();
    const by = somebody();
    const { id, secret } = await platform.issue(by);
    await warm(secret, [slow]);
    slow.link.be('delay');
    expect(await revoke(by, id)).toBeGreaterThan(300);
    slow.link.be('none');
    await waitUntil('an answer', async () => (await slow.use(secret)) !== 503, DEADLINE_MS);
    expect(await slow.use(secret)).toBe(401);
  }, 60_000);

  it('that are dead delay one revoke by a lease, and no further one', async () => {
    await call(platform.client, registerLease, { holderId: 'd'.repeat(32) }, DEADLINE_MS);
    const by = somebody();
    const keys = [await platform.issue(by), await platform.issue(by)] as const;
    const first = await revoke(by, keys[0].id);
    expect(first).toBeGreaterThan(2_000);
    expect(first).toBeLessThan(LEASE_MS + 3_000);
    expect(await revoke(by, keys[1].id)).toBeLessThan(1_500);
  }, 60_000);

  it('end streams within a second of the revoke', async () => {
    const by = somebody();
    const { id, secret } = await platform.issue(by);
    await warm(secret);
    const ended = await Promise.all(
      gateways.map(async ({ url }) => {
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
    await revoke(by, id);
    const revokedMs = performance.now();
    for (const endedMs of await Promise.all(ends)) expect(endedMs - revokedMs).toBeLessThan(1_000);
  }, 60_000);

  it('serve again after NATS was away, with nothing restarted, and accept nothing revoked', async () => {
    const by = somebody();
    const [revoked, other] = [await platform.issue(by), await platform.issue(by)];
    await warm(revoked.secret);
    await revoke(by, revoked.id);
    await warm(other.secret);
    await platform.nats.kill();
    for (const gateway of gateways) {
      await waitUntil('its lease is over', async () => (await gateway.use(other.secret)) === 503, DEADLINE_MS);
      expect([401, 503]).toContain(await gateway.use(revoked.secret));
    }
    await platform.nats.restart();
    for (const gateway of gateways) await waitUntil('a lease', gateway.hasLease, 30_000);
    await warm(other.secret);
    expect(await statuses(revoked.secret)).toEqual([401, 401, 401]);
  }, 90_000);

  it('answer from memory for as long as their lease lasts where keys is gone, then 503, never 401', async () => {
    const { secret } = await platform.issue(somebody());
    await warm(secret);
    await platform.stopKeys();
    const seen = new Set<number>();
    await waitUntil(
      'all leases are over',
      async () => {
        const answers = await statuses(secret);
        for (const status of answers) seen.add(status);
        return answers.every((status) => status === 503);
      },
      DEADLINE_MS,
    );
    expect([...seen].sort()).toEqual([200, 503]);
  }, 60_000);
});
