import { randomInt } from 'node:crypto';
import type { HeldLimit, LimitAlgorithm } from '@gatehouse/history/history';
import { neverOverAdmits } from '@gatehouse/history/never-over-admits';
import { notOverDenying } from '@gatehouse/history/not-over-denying';
import type { Operation } from '@gatehouse/history/operation';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signInAdministrator } from './administrator.js';
import { type LimitedClients, type LimitedKey, startLimitedClients } from './limited-clients.js';

const GATEWAYS = 4;
const CLIENTS = 64;
const ALGORITHMS: readonly LimitAlgorithm[] = ['fixed-window', 'sliding-window', 'token-bucket'];
const KEYS_OF_EACH = 2;
const DEAR = { path: '/dear', cost: 3 };
const LEAST_MS = 6_000;
const LEAST_DECIDED = 3_000;
const DEADLINE_MS = 90_000;
/** To have the same limits once more: OVER_ADMISSION_SEED. */
const SEED = Number(process.env['OVER_ADMISSION_SEED'] ?? randomInt(2 ** 31));

/** The limits of one published API, drawn at random. */
interface Drawn {
  readonly api: string;
  readonly key: readonly HeldLimit[];
  readonly organization: readonly HeldLimit[];
}

/** Numbers that the seed decides. @returns a whole number, both bounds included. */
function randomOf(seed: number) {
  let state = seed;
  return (low: number, high: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return low + Math.floor((state / 2 ** 32) * (high - low + 1));
  };
}

/** Two APIs for each algorithm; what else holds for their keys, and for the organization, is by any of them. */
function drawLimits(between: ReturnType<typeof randomOf>): readonly Drawn[] {
  const limit = (windowSeconds: number, quota: number, algorithm = ALGORITHMS[between(0, 2)] ?? 'fixed-window') => ({
    algorithm,
    windowSeconds,
    quota,
    ...(algorithm === 'token-bucket' && between(0, 1) === 1 ? { burst: between(3, 2 * quota) } : {}),
  });
  return [...ALGORITHMS, ...ALGORITHMS].map((algorithm, index) => {
    const second = between(3, 12);
    return {
      api: `api-${index}`,
      key: [limit(1, second, algorithm), ...(between(0, 1) === 1 ? [limit(60, second * between(3, 8))] : [])],
      organization: between(0, 1) === 1 ? [limit(1, between(second, 2 * second))] : [],
    };
  });
}

function planOf(limits: readonly HeldLimit[]): string {
  const named = limits.map(({ windowSeconds, ...limit }) => [windowSeconds === 1 ? 'second' : 'minute', limit]);
  return JSON.stringify(Object.fromEntries(named));
}

function configurationOf(drawn: readonly Drawn[], upstream: string): string {
  const apis = drawn.map(
    ({ api, key, organization }, index) => `  - name: ${api}
    profile: exante
    upstream: "${upstream}"
    verification: ${index % 2 === 0 ? 'queried' : 'leased'}
    limiterOutage: deny
    routes: [{ match: "* ${DEAR.path}", cost: ${DEAR.cost} }, { match: "* /**" }]
    plans: { free: { key: ${planOf(key)}, organization: ${planOf(organization)} } }
`,
  );
  return `gateways: ${GATEWAYS}\napis:\n${apis.join('')}`;
}

/** Two limiters that both count in memory refuse to run beside each other. */
describe.each([
  ['Redis', 2],
  ['memory', 1],
] as const)('limits in %s: four gateways, limiters: %i, 64 clients', (store, ratelimit) => {
  const between = randomOf(SEED);
  const drawn = drawLimits(between);
  const subjects = new Map<string, readonly HeldLimit[]>();
  const keys: LimitedKey[] = [];
  let clients: LimitedClients;
  let platform: ClusterPlatform;

  beforeAll(async () => {
    clients = await startLimitedClients();
    platform = await startClusterPlatform({
      exampleUpstreamUrl: clients.upstreamUrl,
      redis: store === 'Redis',
      replicas: { gateway: GATEWAYS, ratelimit },
      configuration: configurationOf(drawn, clients.upstreamUrl),
    });
    const administrator = await signInAdministrator(platform);
    for (const { api, key: limits, organization } of drawn) {
      subjects.set(`organization at ${api}`, organization);
      for (let index = 0; index < KEYS_OF_EACH; index++) {
        const { id, key } = await administrator.createKey(api);
        subjects.set(id, limits);
        keys.push({ id, key, api, subjects: [id, `organization at ${api}`] });
      }
    }
  }, 120_000);

  afterAll(async () => {
    await platform?.stop();
    await clients?.stop();
  });

  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[between(0, items.length - 1)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  };

  it('let through never more than any random limit allows, and all that it allows [INV-10] [INV-11]', async () => {
    const beganMs = performance.now();
    let enough = false;
    await clients.askUntil(
      (asked) => {
        const tookMs = performance.now() - beganMs;
        enough ||= tookMs > DEADLINE_MS || (tookMs > LEAST_MS && isEnough(asked));
        return enough;
      },
      CLIENTS,
      () => ({
        key: pick(keys),
        gateway: pick(platform.urls),
        ...(between(0, 9) === 0 ? DEAR : { path: '/', cost: 1 }),
      }),
    );
    const history = clients.history(subjects);
    const tellWith = (violations: readonly { readonly message: string }[]) => ({
      seed: SEED,
      violations: violations.map(({ message }) => message),
    });
    expect(tellWith(neverOverAdmits(history).violations)).toEqual({ seed: SEED, violations: [] });
    expect(tellWith(notOverDenying(history).violations)).toEqual({ seed: SEED, violations: [] });
    // What nobody asked for, or nobody was refused, has shown nothing.
    expect({ seed: SEED, decided: isEnough(history.operations) }).toEqual({ seed: SEED, decided: true });
  }, 180_000);

  function isEnough(asked: readonly Operation[]): boolean {
    const refused = new Set(asked.filter(({ status }) => status === 429).map(({ object }) => object));
    const admitted = new Set(asked.filter(({ status }) => status === 200).map(({ object }) => object));
    const decided = asked.filter(({ status }) => status === 200 || status === 429).length;
    return decided >= LEAST_DECIDED && keys.every(({ id }) => refused.has(id) && admitted.has(id));
  }
});
