import { join } from 'node:path';
import { startGatehouse } from './gatehouse.mjs';
import { measureThroughput } from './measure.mjs';
import { proveGatehouse } from './proof.mjs';
import { throughputTable } from './report.mjs';
import { judgeRedisLimits } from './targets.mjs';

const TITLES = { memory: 'Gatehouse, limits in memory', redis: 'Gatehouse, limits in Redis' };

/** B7: what it costs that replicas of `ratelimit` can share their counters. */
export const redisLimits = {
  ids: ['B7'],

  async run({ options, processes, upstream, folder, stops, say, onSample }) {
    const contestants = {};
    for (const id of ['memory', 'redis']) {
      say(`starting ${TITLES[id]}`);
      const gatehouse = await startGatehouse(join(folder, id), upstream.url, { redis: id === 'redis' });
      stops.push(gatehouse.stop);
      await proveGatehouse(gatehouse);
      contestants[id] = gatehouse.measured;
      gatehouse.measured.members.push(upstream.member);
    }
    const throughput = await measureThroughput(processes, contestants, { ...options, onSample });
    const text = throughputTable(throughput, TITLES);
    return { results: judgeRedisLimits(throughput), sections: [{ title: 'Limits in Redis', text }] };
  },
};
