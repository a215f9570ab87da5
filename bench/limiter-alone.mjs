import { accepts, cpuTimes, freePort } from './processes.mjs';
import { table } from './report.mjs';
import { median } from './statistics.mjs';
import { judgeLimiter } from './targets.mjs';

/** As many as a gateway sends at one moment under load. */
const BATCH = 64;
const SUBJECTS = 5_000;
const AT_ONCE = 4;
const WINDOWS = [1, 60, 86_400].map((windowSeconds) => ({ windowSeconds, quota: 1_000_000_000 }));
const silent = { warn: () => {}, info: () => {} };

/**
 * B9: decisions of the limiter, six windows each, without what brings the questions: for each second of processor time of all
 * that takes part, Redis included.
 */
export const limiterAlone = {
  ids: ['B9'],

  async run({ options, processes, folder, stops, say }) {
    // Known only after the build.
    const { memoryLimitStore } = await import('../apps/ratelimit/dist/limits/memory-limits.store.js');
    const { connectRedisLimitStore } = await import('../apps/ratelimit/dist/limits/redis-limits.store.js');
    const port = await freePort();
    const redis = await processes.start({
      name: 'redis-server',
      command: 'redis-server',
      args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
      ready: () => accepts(port),
    });
    const shared = await connectRedisLimitStore({
      url: `redis://127.0.0.1:${port}`,
      logger: silent,
      commandTimeoutMs: 5_000,
    });
    stops.push(() => shared.close());
    const stores = {
      memory: { store: memoryLimitStore(Date.now), others: [] },
      redis: { store: shared, others: [redis.pid] },
    };
    const rates = { memory: [], redis: [] };
    for (let round = 0; round <= options.rounds; round += 1) {
      for (const [id, { store, others }] of Object.entries(stores)) {
        const rate = await decisionsPerSecondOfProcessor(store, others, options.seconds * 1_000);
        // The first round warms up.
        if (round > 0) rates[id].push(rate);
      }
      say(`limiter alone: ${round} of ${options.rounds}`);
    }
    const rows = Object.entries(rates).map(([id, samples]) => [
      id,
      Math.round(median(samples)).toLocaleString('en'),
      (1e6 / median(samples)).toFixed(2),
    ]);
    const text = table(['counters', 'decisions per second and core', 'µs each'], rows);
    const measured = { memory: median(rates.memory), redis: median(rates.redis) };
    return { results: judgeLimiter(measured), sections: [{ title: 'The limiter alone', text }] };
  },
};

async function decisionsPerSecondOfProcessor(store, others, forMs) {
  const [before, ownBefore] = [cpuTimes(), process.cpuUsage()];
  const untilMs = performance.now() + forMs;
  let decisions = 0;
  const one = async () => {
    while (performance.now() < untilMs) {
      const outcomes = await store.takeAll(Array.from({ length: BATCH }, randomQuery));
      if (outcomes.some(({ kind }) => kind !== 'allowed')) throw new Error('a limit that is never full was full');
      decisions += outcomes.length;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  // Of this process itself: Redis, which it has started, counts once.
  const [after, own] = [cpuTimes(), process.cpuUsage(ownBefore)];
  const usedMicroseconds = others.reduce((sum, pid) => sum + after(pid) - before(pid), own.user + own.system);
  // What is printed and judged is what the processors did, not what the rest of the machine left of them.
  return decisions / (usedMicroseconds / 1e6);
}

function randomQuery() {
  const of = (kind, count) => `${kind}:${Math.floor(Math.random() * count)}`;
  return {
    requestId: 'bench',
    cost: 1,
    subjects: [
      { subject: of('key', SUBJECTS), limits: WINDOWS },
      { subject: of('org', SUBJECTS / 10), limits: WINDOWS },
    ],
  };
}
