import { bearer } from './load/key-lives.mjs';
import { randomOf } from './random.mjs';

const SIGN_IN_DEADLINE_MS = 30_000;

/** What all clients of a run share: gateways to choose from, a key for the management API, counts. */
export async function openWorld({ cluster, client, recorder, seed }) {
  const managementKey = await newManagementKey(cluster, client);
  return {
    client,
    recorder,
    outboxFolder: cluster.outboxFolder,
    ended: [],
    counts: { revocations: 0, limited: 0, refreshRaces: 0, codeRaces: 0 },
    randomFor: (name) => randomOf(`${seed} ${name}`),
    anyGateway: (random) => random.pick(cluster.gateways),
    /** A change with the management key, which needs no session. */
    manage: (request) => client.change({ ...request, headers: bearer(managementKey) }),
  };
}

async function newManagementKey({ admin, gateways }, client) {
  const [gateway] = gateways;
  const untilMs = performance.now() + SIGN_IN_DEADLINE_MS;
  for (;;) {
    const signedIn = await client.ask(gateway, { method: 'POST', path: '/auth/login', json: admin });
    if (signedIn.status === 200) {
      const { access_token: token } = JSON.parse(signedIn.text);
      const json = { api: 'gatehouse', name: 'faults', scopes: ['keys.read', 'keys.write', 'limits.check'] };
      const created = await client.ask(gateway, { method: 'POST', path: '/api/v1/keys', headers: bearer(token), json });
      if (created.status === 201) return JSON.parse(created.text).key;
    }
    if (performance.now() > untilMs)
      throw new Error(`the administrator cannot make a management key: ${signedIn.text}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
