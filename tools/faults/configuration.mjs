/** Limits as the history knows them; what gatehouse.yaml says is made of them below. */
const fixed = (windowSeconds, quota) => ({ algorithm: 'fixed-window', windowSeconds, quota });
const sliding = (windowSeconds, quota) => ({ algorithm: 'sliding-window', windowSeconds, quota });
const bucket = (windowSeconds, quota, burst) => ({ algorithm: 'token-bucket', windowSeconds, quota, burst });

/**
 * The published APIs whose limits are used up: what holds for each key, what for all keys of the organization together, and how
 * many keys there are. They refuse where limits cannot be asked, so that nothing gets by uncounted.
 */
export const LIMITED_APIS = [
  {
    name: 'limited',
    verification: 'queried',
    keys: 2,
    key: [fixed(1, 10), fixed(60, 400)],
    organization: [fixed(1, 30)],
  },
  { name: 'sliding', verification: 'leased', keys: 1, key: [sliding(1, 8), sliding(60, 300)], organization: [] },
  { name: 'bucket', verification: 'queried', keys: 1, key: [bucket(1, 8)], organization: [] },
  { name: 'broad-fixed', verification: 'leased', keys: 1, key: [fixed(1, 50)], organization: [sliding(1, 60)] },
  { name: 'broad-sliding', verification: 'queried', keys: 1, key: [sliding(1, 50)], organization: [fixed(1, 60)] },
  { name: 'broad-bucket', verification: 'leased', keys: 1, key: [bucket(1, 40, 120)], organization: [] },
  {
    name: 'ahead',
    verification: 'leased',
    limits: 'leased',
    keys: 1,
    // Half of it may be held by gateways, or be lost with gateways that were killed.
    key: [{ ...fixed(60, 600), heldAhead: 300 }],
    organization: [],
  },
];

/** One key, which waits for its Retry-After. */
export const LONE = [fixed(1, 2)];

/** A route of each limited API, and what one request to it takes from each limit. */
export const DEAR = { path: 'dear', cost: 3 };

const WINDOW_NAMES = { 1: 'second', 60: 'minute' };

/** What is published while parts fail. */
export function configurationOf(upstreamUrl) {
  const limited = LIMITED_APIS.map(
    ({ name, verification, limits = 'queried', key, organization }) => `  - name: ${name}
    profile: exante
    upstream: "${upstreamUrl}"
    verification: ${verification}
    limits: ${limits}
    limiterOutage: deny
    routes: [{ match: "* /${DEAR.path}", cost: ${DEAR.cost} }, { match: "* /**" }]
    plans: { free: { key: ${windowsOf(key)}, organization: ${windowsOf(organization)} } }
`,
  );
  return `
gateways: 3
apis:
  - name: life
    profile: exante
    upstream: "${upstreamUrl}"
    routes: [{ match: "* /write", scopes: [invoices.write] }, { match: "* /**" }]
    importedKeys: [{ prefix: "old_", length: 44, digest: sha256 }]
    plans: { free: { key: {}, organization: {} } }
  - name: leased
    profile: exante
    upstream: "${upstreamUrl}"
    verification: leased
    routes: [{ match: "* /write", scopes: [invoices.write] }, { match: "* /**" }]
    plans: { free: { key: {}, organization: {} } }
${limited.join('')}  - name: lone
    profile: exante
    upstream: "${upstreamUrl}"
    limiterOutage: deny
    plans: { free: { key: ${windowsOf(LONE)}, organization: {} } }
  - name: people
    profile: altrixy
    upstream: "${upstreamUrl}"
    routes: [{ match: "GET /v1/portfolios/**", scopes: [portfolios.read] }]
    plans: { free: { key: {}, organization: {}, keysMax: null } }
`;
}

/** As a plan has them; JSON is YAML. */
function windowsOf(limits) {
  return JSON.stringify(
    Object.fromEntries(limits.map(({ windowSeconds, heldAhead, ...limit }) => [WINDOW_NAMES[windowSeconds], limit])),
  );
}
