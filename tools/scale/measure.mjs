import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuTimes } from '../../bench/processes.mjs';
import { prepare, root } from '../prepare.mjs';
import { aKeyOf, digestAt, HOLDERS, holderIds, KEYS, silent } from './measured-load.mjs';

/**
 * `node tools/scale/measure.mjs [exchanges] [limits] [database] [changes]`: the costs that the simulation needs and the benchmark does not tell: what a message costs
 * and what one more request in it costs, for each part; renewals, changes and lookups in PostgreSQL. Processor time of
 * each process, from /proc; needs Linux, nats-server and redis-server on PATH, and a machine that does nothing else.
 */
prepare();
const { connectNats } = await import('@gatehouse/bus/nats.client');
const { inProcessBus } = await import('@gatehouse/bus/in-process.client');
const { call } = await import('@gatehouse/bus/call.client');
const { loadCatalog } = await import('@gatehouse/catalog/catalog.loader');
const { TAKE_SUBJECT, VERIFY_SUBJECT } = await import('@gatehouse/contracts/hot-subjects');
const contracts = await import('@gatehouse/contracts/keys');
const { decodeTakeReplies, encodeSubjects, encodeTakeQueries } = await import('@gatehouse/contracts/limit-records');
const { decodeVerifyReplies, encodeVerifyQueries } = await import('@gatehouse/contracts/verify-records');
const { startEmbeddedPostgres } = await import('@gatehouse/launch/embedded-postgres.client');
const { startNatsServer } = await import('@gatehouse/launch/nats-server.client');
const { startRedisServer } = await import('@gatehouse/launch/redis-server.client');
const { connectDatabase } = await import('@gatehouse/postgres/data-source.client');
const { migrateDatabase } = await import('@gatehouse/postgres/migrate.client');
const { makeKeys } = await import('../../bench/many-keys.mjs');
const { keysConfig } = await import('../../apps/keys/dist/config.js');
const { HoldersStore } = await import('../../apps/keys/dist/lease/holders.store.js');
const { keysMigrations } = await import('../../apps/keys/dist/migrate.js');
const { onlyPepper } = await import('../../apps/keys/dist/secrets/peppers.js');
const { startKeys } = await import('../../apps/keys/dist/start.js');
const { FactsStore } = await import('../../apps/keys/dist/verification/facts.store.js');
const { deriveSecret } = await import('@gatehouse/config/derive-secret');

const SECRET = 'a root secret for measurements 0123456789';
const FOR_MS = 2_000;
const IN_FLIGHT = 8;
const SIZES = [1, 2, 4, 16, 64];
const STORED_KEYS = 200_000;
const REVOKED_KEYS = 600;
const stops = [];

/** @returns microseconds of each process for one run of `once`, and runs in a second. */
async function costOf(pids, once, atOnce = IN_FLIGHT, forMs = FOR_MS) {
  const loop = async (untilMs) => {
    let runs = 0;
    while (performance.now() < untilMs) {
      await once();
      runs += 1;
    }
    return runs;
  };
  const all = async (ms) => {
    const untilMs = performance.now() + ms;
    const runs = await Promise.all(Array.from({ length: atOnce }, () => loop(untilMs)));
    return runs.reduce((sum, one) => sum + one, 0);
  };
  await all(forMs / 4);
  const before = cpuTimes();
  const startedMs = performance.now();
  const runs = await all(forMs);
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = cpuTimes();
  const costs = Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, (after(pid) - before(pid)) / runs]),
  );
  return { ...costs, perSecond: runs / seconds };
}

/** Least squares of the relative error: cost = perMessage + perItem * items. */
function costLine(samples, name) {
  let [sw, swx, swy, swxx, swxy] = [0, 0, 0, 0, 0];
  for (const { items, cost } of samples) {
    const y = cost[name];
    const w = 1 / (y * y);
    sw += w;
    swx += w * items;
    swy += w * y;
    swxx += w * items * items;
    swxy += w * items * y;
  }
  const perItem = (sw * swxy - swx * swy) / (sw * swxx - swx * swx);
  return { perMessage: (swy - perItem * swx) / sw, perItem };
}

async function answerer(kind, ...args) {
  const child = fork(join(root, 'tools/scale/answerer.mjs'), [kind, ...args]);
  stops.push(() => child.kill());
  await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the answerer ended with code ${code}`)));
  });
  return child;
}

const print = (title, values) => {
  const text = Object.entries(values).map(([name, value]) => `${name} ${Number(value.toFixed(2))}`);
  console.log(`${title}: ${text.join(', ')}`);
};

async function measureExchange(title, pids, exchange) {
  const samples = [];
  for (const items of SIZES) {
    const cost = await costOf(pids, () => exchange(items));
    samples.push({ items, cost });
    print(`${title}, ${items} in a message`, cost);
  }
  for (const name of Object.keys(pids)) print(`${title}, ${name}`, costLine(samples, name));
}

async function exchanges() {
  const digests = Array.from({ length: KEYS }, (_, index) => digestAt(index));
  const keys = await answerer('keys', natsUrl);
  await measureExchange('keys', { ...common, keys: keys.pid }, async (items) => {
    const queries = Array.from({ length: items }, () => ({ digest: digests[randomInt(KEYS)], knownRevision: 1 }));
    decodeVerifyReplies(await bus.request(VERIFY_SUBJECT, encodeVerifyQueries(queries), 5_000), items);
  });
  keys.kill();
}

async function limits() {
  const windows = [1, 60, 86_400].map((windowSeconds) => ({ windowSeconds, quota: 1_000_000_000 }));
  const charges = Array.from({ length: KEYS }, (_, index) => {
    const { keyId, organizationId } = aKeyOf(index);
    const subjects = [keyId, organizationId].map((subject) => ({ subject, limits: windows }));
    return { cost: 1, decoded: subjects, subjects: encodeSubjects(subjects) };
  });
  const take = async (items) => {
    const queries = Array.from({ length: items }, () => charges[randomInt(KEYS)]);
    const asked = queries.map(({ decoded }) => decoded);
    decodeTakeReplies(await bus.request(TAKE_SUBJECT, encodeTakeQueries(queries), 5_000), asked);
  };
  const memory = await answerer('ratelimit', natsUrl);
  await measureExchange('limits in memory', { ...common, ratelimit: memory.pid }, take);
  memory.kill();
  const redis = await startRedisServer();
  stops.push(() => redis.stop());
  const shared = await answerer('ratelimit', natsUrl, redis.url);
  await measureExchange('limits in Redis', { ...common, ratelimit: shared.pid, redis: redis.child.pid }, take);
  shared.kill();
}

async function openDatabase() {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-scale-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ folder });
  stops.push(() => postgres.stop());
  await migrateDatabase(postgres.url, SECRET, [keysMigrations]);
  const database = { databaseUrl: postgres.url, rootSecret: SECRET };
  const dataSource = await connectDatabase({ ...database, database: { service: 'keys' }, entities: [], poolSize: 4 });
  stops.push(() => dataSource.destroy());
  const pids = { postgres: postgres.pid, own: process.pid };
  const holders = new HoldersStore(dataSource.driver.master, 'gateway');
  return { folder, postgres, database, pool: dataSource.driver.master, pids, holders };
}

const catalog = await loadCatalog(join(root, 'bench/gatehouse.yaml'));
const [api] = catalog.apis;
const actor = { accountId: 'acc_1', organizationId: 'org_1', role: 'owner', address: '192.0.2.1', requestId: 'r' };
const startService = (url, on) =>
  startKeys({
    config: keysConfig({ DATABASE_URL: url, GATEHOUSE_SECRET: SECRET, DEADLINE_FACTOR: '10' }),
    bus: on,
    catalog,
    logger: silent,
  });

async function issue(client) {
  const plan = api.profile.defaultPlan;
  const asked = { actor, api: api.name, projectId: 'prj_1', projectSlug: 'p', plan, name: 'n', scopes: [] };
  const answer = await call(client, contracts.issueKey, asked, 10_000);
  if (answer.kind !== 'issued') throw new Error(JSON.stringify(answer));
  return answer;
}

async function database() {
  const { folder, postgres, database: connection, pool, pids, holders } = await openDatabase();
  const local = inProcessBus();
  const service = await startService(postgres.url, local);
  const { secret } = await issue(local.clientProxy());
  await service.stop();
  const file = join(folder, 'secrets');
  const stored = await makeKeys({ count: STORED_KEYS, file, pattern: secret, database: connection });
  const { rows } = await pool.query(
    "SELECT (pg_total_relation_size('api_keys') + pg_total_relation_size('key_secrets')) AS bytes",
  );
  print('a key in PostgreSQL', { bytes: Number(rows[0].bytes) / STORED_KEYS });
  const facts = new FactsStore(pool, onlyPepper(deriveSecret(SECRET, 'key-pepper')), undefined, 5_000);
  const samples = [];
  for (const items of [1, 4, 16]) {
    const once = async () => {
      const asked = Array.from({ length: items }, () => stored.digestAt(randomInt(STORED_KEYS)).toString('latin1'));
      if ((await facts.find(asked)).size === 0) throw new Error('the keys are not there');
    };
    const cost = await costOf(pids, once, 4);
    samples.push({ items, cost });
    print(`lookups, ${items} in a statement`, cost);
  }
  for (const name of Object.keys(pids)) print(`lookups, ${name}`, costLine(samples, name));
  const ids = holderIds();
  for (const id of ids) await holders.register(id);
  let turn = 0;
  const renew = async () => {
    if ((await holders.renew(ids[turn++ % HOLDERS], '0')).kind !== 'renewed') throw new Error('not renewed');
  };
  print('a renewal', await costOf(pids, renew, 4));
}

/** With many gateways to tell, and without any. */
async function changes() {
  const { postgres, pids, holders } = await openDatabase();
  const keysBus = await connectNats({ url: natsUrl, name: 'keys', logger: silent });
  const service = await startService(postgres.url, keysBus);
  const client = bus.clientProxy();
  const waiting = [];
  const issueOne = async () => waiting.push((await issue(client)).key.id);
  for (let left = REVOKED_KEYS; left > 0; left -= 8) await Promise.all(Array.from({ length: 8 }, issueOne));
  const revoke = async () => {
    const keyId = waiting.pop();
    if (keyId === undefined) throw new Error('there are no keys left');
    const answer = await call(client, contracts.revokeKey, { actor, keyId }, 10_000);
    if (answer.kind !== 'revoked' || answer.settlement.expired.length > 0) throw new Error(JSON.stringify(answer));
  };
  const members = await answerer('holders', natsUrl);
  const all = { ...pids, nats: nats.child.pid, gateways: members.pid };
  print('a revoke, no gateway', await costOf(all, revoke, 2));
  for (const id of holderIds()) await holders.register(id);
  print(`a revoke, ${HOLDERS} gateways`, await costOf(all, revoke, 2));
  members.kill();
  await service.stop();
  await keysBus.drain();
}

const PARTS = { exchanges, limits, database, changes };
const chosen = process.argv.slice(2).filter((argument) => argument in PARTS);
const nats = await startNatsServer();
stops.push(() => nats.stop());
const natsUrl = `nats://127.0.0.1:${nats.port}`;
const bus = await connectNats({ url: natsUrl, name: 'gateway', logger: silent });
stops.push(() => bus.drain());
const common = { asker: process.pid, nats: nats.child.pid };
try {
  for (const part of chosen.length > 0 ? chosen : Object.keys(PARTS)) await PARTS[part]();
} finally {
  for (const stop of stops.reverse()) await stop();
}
process.exit(0);
