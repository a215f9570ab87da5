import { connectNats } from '@gatehouse/bus/nats.client';
import { gatewayInvalidateSubject, VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { encodeFacts } from '@gatehouse/contracts/verify-records';
import { AnnouncedChanges } from '@gatehouse/lease/announced-changes';
import { Registry } from 'prom-client';
import { KnownKeys } from '../../apps/keys/dist/verification/known-keys.js';
import { verifyBatch } from '../../apps/keys/dist/verification/verify.js';
import { answerTakes } from '../../apps/ratelimit/dist/limits/answer-takes.js';
import { memoryLimitStore } from '../../apps/ratelimit/dist/limits/memory-limits.store.js';
import { connectRedisLimitStore } from '../../apps/ratelimit/dist/limits/redis-limits.store.js';
import { ratelimitMetrics } from '../../apps/ratelimit/dist/metrics.js';
import { aKeyOf, digestAt, holderIds, KEYS, silent } from './measured-load.mjs';

/** The other end of what `measure.mjs` measures, in a process of its own: `node answerer.mjs <kind> <nats> [redis]`. */
const [kind, natsUrl, redisUrl] = process.argv.slice(2);
const bus = await connectNats({ url: natsUrl, name: kind === 'keys' ? 'keys' : 'ratelimit', logger: silent });

async function answerVerifications() {
  const known = new KnownKeys(1_000_000, new AnnouncedChanges(() => performance.now()));
  const keys = new Map();
  for (let index = 0; index < KEYS; index += 1) {
    const facts = aKeyOf(index);
    keys.set(digestAt(index).toString('latin1'), { ...facts, text: encodeFacts(facts).text });
  }
  await known.load(
    [...keys.keys()],
    () => true,
    async () => keys,
  ).found;
  const ports = {
    replicaId: '0'.repeat(32),
    known,
    asOfSeq: () => 0,
    lease: { isValid: () => true },
    findFacts: () => Promise.reject(new Error('all of them are remembered')),
    counted: () => {},
    failed: () => {},
  };
  await bus.answer(VERIFY_SUBJECT, 'keys', (payload) => verifyBatch(payload, ports));
}

async function answerLimits() {
  const store =
    redisUrl === undefined
      ? memoryLimitStore(Date.now)
      : await connectRedisLimitStore({ url: redisUrl, logger: silent, commandTimeoutMs: 5_000 });
  await answerTakes(bus, { store, logger: silent, metrics: ratelimitMetrics(new Registry()) });
}

/** As many gateways as there can be, which acknowledge each change at once. */
async function acknowledge() {
  const acknowledged = Buffer.from([1]);
  for (const id of holderIds()) await bus.answer(gatewayInvalidateSubject(id), id, async () => acknowledged);
}

await { keys: answerVerifications, ratelimit: answerLimits, holders: acknowledge }[kind]();
process.send('ready');
