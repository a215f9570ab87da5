import { Agent } from 'node:http';
import { send } from './request.mjs';
import { quantile } from './statistics.mjs';
import { PATH } from './upstream.mjs';

const BLOCK_REQUESTS = 250;
const WARM_UP_REQUESTS = 500;

/**
 * Latency at one kept connection, one request at a time: blocks of one contestant and the other in turn, so that both
 * see the same machine.
 * @returns for each contestant the median and p99 over all of its requests, in milliseconds.
 */
export async function compareLatency(contestants, requests) {
  const runs = contestants.map((contestant) => ({
    contestant,
    agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    samplesMs: [],
  }));
  for (const { contestant, agent } of runs) await block(contestant, agent, WARM_UP_REQUESTS);
  for (let done = 0; done < requests; done += BLOCK_REQUESTS) {
    for (const run of runs) run.samplesMs.push(...(await block(run.contestant, run.agent, BLOCK_REQUESTS)));
  }
  return runs.map(({ agent, samplesMs }) => {
    agent.destroy();
    return { medianMs: quantile(samplesMs, 0.5), p99Ms: quantile(samplesMs, 0.99) };
  });
}

async function block({ port, headers }, agent, count) {
  const samplesMs = [];
  for (let i = 0; i < count; i += 1) {
    const startNs = process.hrtime.bigint();
    const { status } = await send(port, PATH, { headers, agent });
    samplesMs.push(Number(process.hrtime.bigint() - startNs) / 1e6);
    if (status !== 200) throw new Error(`answered ${status} while latency was measured`);
  }
  return samplesMs;
}
