import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGatehouse } from './gatehouse.mjs';
import { load } from './load.mjs';
import { makeKeys } from './many-keys.mjs';
import { peakMemory } from './memory.mjs';
import { proveGatehouse } from './proof.mjs';
import { median } from './statistics.mjs';

const DIGESTS_PER_MESSAGE = 512;
const MESSAGES_AT_ONCE = 4;
const DEADLINE_MS = 5_000;
const COLD_SECONDS = 3;

/**
 * A Gatehouse of its own whose database has `count` keys.
 * @returns a contestant that uses them at random, `withKeys` to make another one of the same cluster do so, `cold` and `warm` to
 * be called before it is measured, `memory` after.
 */
export async function startCrowd({ processes, folder, upstream, count, say }) {
  const gatehouse = await startGatehouse(folder, upstream.url);
  try {
    await proveGatehouse(gatehouse);
    const { cluster, rootSecret, measured } = gatehouse;
    const file = join(folder, 'keys.txt');
    say(`making ${count.toLocaleString('en')} keys`);
    const pattern = measured.headers.Authorization.slice('Bearer '.length);
    const database = { databaseUrl: cluster.databaseUrl, rootSecret };
    const keys = await makeKeys({ count, file, pattern, database });
    const members = [...measured.members, upstream.member];
    const ofAll = { file, order: 'random', next: counter(1) };
    return {
      contestant: { ...measured, members, keys: ofAll },
      gatehouse,
      withKeys: (contestant) => ({ ...contestant, members: [...contestant.members, upstream.member], keys: ofAll }),
      cold: (samples) => measureCold(processes, measured, file, samples),
      warm: () => rememberAll(cluster, keys),
      verified: () => readVerified(cluster),
      memory: () => peakMemory(members),
      stop: gatehouse.stop,
    };
  } catch (error) {
    await gatehouse.stop();
    throw error;
  }
}

/** The contestant that uses one key, with the load generator's script as the other does. */
export async function withOneKey(contestant, folder) {
  const file = join(folder, 'key.txt');
  await writeFile(file, `${contestant.headers.Authorization.slice('Bearer '.length)}\n`, { mode: 0o600 });
  return { ...contestant, keys: { file, order: 'random', next: counter(1) } };
}

function counter(first) {
  let next = first;
  return () => next++;
}

/** @returns requests per second while each request brings a key for the first time, so that PostgreSQL is asked. */
async function measureCold(processes, contestant, file, samples) {
  let next = 0;
  const measured = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const keys = { file, order: 'sequence', next: () => next };
    const { requests, requestsPerSecond } = await load(processes, { ...contestant, keys }, COLD_SECONDS);
    // Those that were under way at the end have been asked, too.
    next += requests + 100;
    measured.push(requestsPerSecond);
  }
  return median(measured);
}

/** Has the keys service read every key once. @throws Error where it does not remember them all then. */
async function rememberAll({ services }, { count, digestAt }) {
  const { connectNats } = await import('@gatehouse/bus/nats.client');
  const { VERIFY_SUBJECT } = await import('@gatehouse/contracts/hot-subjects');
  const { decodeVerifyReplies, encodeVerifyQueries } = await import('@gatehouse/contracts/verify-records');
  const [gateway] = services.gateway;
  const logger = { warn() {}, info() {}, error() {}, debug() {} };
  const bus = await connectNats({ url: gateway.environment.NATS_URL, name: 'gateway', logger });
  const ask = async (start) => {
    const queries = [];
    for (let index = start; index < Math.min(count, start + DIGESTS_PER_MESSAGE); index += 1) {
      queries.push({ digest: digestAt(index), knownRevision: 0 });
    }
    const answer = await bus.request(VERIFY_SUBJECT, encodeVerifyQueries(queries), DEADLINE_MS);
    const { replies } = decodeVerifyReplies(answer, queries.length);
    if (replies.some(({ kind }) => kind === 'unknown')) throw new Error('keys does not know the keys of the benchmark');
    return replies.every(({ kind }) => kind === 'facts');
  };
  const next = counter(0);
  const work = async () => {
    for (let start = next() * DIGESTS_PER_MESSAGE; start < count; start = next() * DIGESTS_PER_MESSAGE) {
      let attempts = 1;
      while (!(await ask(start))) if (++attempts > 20) throw new Error('keys cannot look up its keys');
    }
  };
  try {
    await Promise.all(Array.from({ length: MESSAGES_AT_ONCE }, work));
  } finally {
    await bus.drain();
  }
  const { remembered } = await readVerified({ services });
  // The keys that this run made by itself are there, too, where the cache has room for exactly a million.
  if (remembered < count * 0.999) throw new Error(`keys remembers ${remembered} of ${count} keys`);
}

/** What the keys service counts: its keys in memory, and verifications in all, from memory, and confirmed with one byte. */
async function readVerified({ services }) {
  const text = await (await fetch(`${services.keys[0].internalUrl}/metrics`)).text();
  const value = (name) => {
    const rows = text.split('\n').filter((line) => line.startsWith(name));
    return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' '))), 0);
  };
  return {
    remembered: value('gatehouse_remembered_keys'),
    queries: value('gatehouse_verifications_total'),
    fromMemory: value('gatehouse_verifications_remembered_total'),
    unchanged: value('gatehouse_verifications_total{outcome="unchanged"'),
  };
}
