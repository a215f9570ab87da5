import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { redisPid, serverPid } from './processes.mjs';
import { send } from './request.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ADMIN = { email: 'bench@example.com', password: randomBytes(18).toString('hex') };

/**
 * Starts Gatehouse as it is deployed: each service a process of its own over a real NATS server, PostgreSQL, one process of each
 * service but for gateways, limits in memory unless it is `redis`. Then creates one key for each API of gatehouse.yaml.
 * @param environment variables beside those that every run has.
 * @returns a contestant for each API, `stop`, the administrator's login, and for who looks inside the cluster with its secret.
 */
export async function startGatehouse(folder, upstreamUrl, { environment = {}, gateways = 1, redis = false } = {}) {
  // Known only after the build.
  const { startCluster } = await import('@gatehouse/launch/cluster.client');
  const configuration = join(folder, 'gatehouse.yaml');
  const text = await readFile(new URL('./gatehouse.yaml', import.meta.url), 'utf8');
  await mkdir(folder, { recursive: true });
  await writeFile(configuration, text.replaceAll('http://127.0.0.1:9000', upstreamUrl));

  const rootSecret = randomBytes(32).toString('hex');
  const cluster = await startCluster({
    root: ROOT,
    environment: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      GATEHOUSE_CONFIG: configuration,
      GATEHOUSE_DATA_DIR: join(folder, 'data'),
      GATEHOUSE_ADMIN_EMAIL: ADMIN.email,
      GATEHOUSE_ADMIN_PASSWORD: ADMIN.password,
      // A million keys, and those of a run beside them, so that what is measured is the memory and not the database.
      KEYS_CACHE_ENTRIES: '1100000',
      LOG_LEVEL: 'warn',
      ...environment,
    },
    folder,
    rootSecret,
    replicas: { keys: 1, identity: 1, ratelimit: 1, gateway: gateways },
    port: 0,
    redis,
    exampleUpstreamUrl: upstreamUrl,
    durable: false,
  });
  try {
    const port = Number(new URL(cluster.gatewayUrls[0]).port);
    const members = membersOf(cluster);
    const authorization = await signIn(port);
    const contestant = async (api) => {
      const key = await createKey(port, authorization, api);
      return { port, headers: { Host: `${api}.bench`, Authorization: `Bearer ${key}` }, members };
    };
    const [measured, limited] = [await contestant('measured'), await contestant('limited')];
    const leased = await contestant('leased');
    return { measured, limited, leased, authorization, admin: ADMIN, cluster, rootSecret, stop: cluster.stop };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/**
 * A gateway more in the same cluster, which tells upstreams with headers alone who calls (`upstreamIdentity: headers`).
 * All else is what the first one uses: `keys`, its memory, the limits, the key.
 * @returns a contestant, and `stop`.
 */
export async function withHeadersAlone({ cluster, measured }, folder) {
  const { startServiceProcess } = await import('@gatehouse/launch/service-process.client');
  const { freePort } = await import('@gatehouse/launch/free-port.client');
  const [first] = cluster.services.gateway;
  const configuration = join(folder, 'headers-alone.yaml');
  const text = await readFile(first.environment.GATEHOUSE_CONFIG, 'utf8');
  await writeFile(configuration, text.replaceAll(/^ {4}profile: /gm, '    upstreamIdentity: headers\n$&'));
  const port = await freePort();
  const environment = { ...first.environment, GATEHOUSE_CONFIG: configuration, PORT: String(port) };
  const gateway = await startServiceProcess('gateway', 'gateway-headers', ROOT, environment);
  const stop = () => gateway.child.stop();
  try {
    await gateway.waitUntilReady();
  } catch (error) {
    await stop();
    throw error;
  }
  const others = measured.members.filter(({ name }) => name !== 'gateway');
  const members = [{ name: 'gateway', process: { pid: gateway.child.pid } }, ...others];
  return { contestant: { ...measured, port, members }, stop };
}

function membersOf(cluster) {
  const services = Object.entries(cluster.services).flatMap(([name, processes]) =>
    processes.map(({ child }) => ({ name, process: { pid: child.pid } })),
  );
  const redis = cluster.redisUrl === null ? [] : [{ name: 'redis', process: { pid: redisPid(cluster.redisUrl) } }];
  return [
    ...services,
    ...redis,
    { name: 'nats', process: { pid: serverPid(cluster.natsPort) } },
    { name: 'postgres', process: { pid: serverPid(Number(new URL(cluster.databaseUrl).port)) } },
  ];
}

async function signIn(port) {
  const answer = await post(port, '/auth/login', ADMIN);
  return { Authorization: `Bearer ${answer.access_token}` };
}

async function createKey(port, authorization, api) {
  return (await issueKey(port, authorization, api)).key;
}

/** @returns the answer of the management API, with `id` and `key`. */
export function issueKey(port, authorization, api) {
  return post(port, '/api/v1/keys', { api, name: 'bench', scopes: ['invoices.read'] }, authorization);
}

async function post(port, path, body, headers = {}) {
  const answer = await send(port, path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status}\n${answer.text}`);
  return JSON.parse(answer.text);
}
