/** Limits as the history knows them; what gatehouse.yaml says below. */
const fixed = (windowSeconds, quota) => ({ algorithm: 'fixed-window', windowSeconds, quota });

export const LIMITS = {
  key: [fixed(1, 10), fixed(60, 400)],
  organization: [fixed(1, 30)],
  lone: [fixed(1, 2)],
  sliding: [
    { algorithm: 'sliding-window', windowSeconds: 1, quota: 8 },
    { algorithm: 'sliding-window', windowSeconds: 60, quota: 300 },
  ],
  bucket: [{ algorithm: 'token-bucket', windowSeconds: 1, quota: 8 }],
};

/** What is published while parts fail. `limited` refuses where limits cannot be asked, so that nothing gets by uncounted. */
export function configurationOf(upstreamUrl) {
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
  - name: limited
    profile: exante
    upstream: "${upstreamUrl}"
    limiterOutage: deny
    plans: { free: { key: { second: 10, minute: 400 }, organization: { second: 30 } } }
  - name: sliding
    profile: exante
    upstream: "${upstreamUrl}"
    verification: leased
    limiterOutage: deny
    plans: { free: { key: { second: { quota: 8, algorithm: sliding-window }, minute: { quota: 300, algorithm: sliding-window } }, organization: {} } }
  - name: bucket
    profile: exante
    upstream: "${upstreamUrl}"
    limiterOutage: deny
    plans: { free: { key: { second: { quota: 8, algorithm: token-bucket } }, organization: {} } }
  - name: lone
    profile: exante
    upstream: "${upstreamUrl}"
    limiterOutage: deny
    plans: { free: { key: { second: 2 }, organization: {} } }
  - name: people
    profile: altrixy
    upstream: "${upstreamUrl}"
    routes: [{ match: "GET /v1/portfolios/**", scopes: [portfolios.read] }]
    plans: { free: { key: {}, organization: {}, keysMax: null } }
`;
}
