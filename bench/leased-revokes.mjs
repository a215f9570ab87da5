import { Agent } from 'node:http';
import { join } from 'node:path';
import { issueKey, startGatehouse } from './gatehouse.mjs';
import { pause } from './processes.mjs';
import { table } from './report.mjs';
import { send } from './request.mjs';
import { quantile } from './statistics.mjs';
import { judgeRevokes } from './targets.mjs';
import { PATH } from './upstream.mjs';

const GATEWAYS = 3;
const REVOKES_PER_ROUND = 40;
/** Of the load: connections to each gateway, with a pause after each answer; as for B11. */
const CONNECTIONS = 4;
const PAUSE_MS = 4;
/** Requests with the revoked key to each gateway, sent at once when its revoke has been answered. */
const TRIES = 8;
const WARM_REQUESTS = 4;

/** B10: how long a revoke takes over three gateways that answer from memory, and whether it holds when it has returned. */
export const leasedRevokes = {
  ids: ['B10'],

  async run({ options, upstream, folder, stops, say }) {
    say('starting Gatehouse with three gateways');
    const gatehouse = await startGatehouse(join(folder, 'leased-revokes'), upstream.url, { gateways: GATEWAYS });
    stops.push(gatehouse.stop);
    const ports = gatehouse.cluster.gatewayUrls.map((url) => Number(new URL(url).port));
    const agent = new Agent({ keepAlive: true });
    stops.push(async () => agent.destroy());
    const use = async (port, key) => {
      const headers = { Host: 'leased.bench', Authorization: `Bearer ${key}` };
      return (await send(port, PATH, { headers, agent })).status;
    };
    const load = startLoad(ports, use, gatehouse.leased.headers.Authorization.slice('Bearer '.length));
    const seen = { accepted: 0, refused: 0 };
    const tookMs = [];
    // The first round warms up; what is accepted in it counts all the same.
    for (let round = 0; round <= options.rounds; round += 1) {
      for (let turn = 0; turn < REVOKES_PER_ROUND; turn += 1) {
        const { id, key } = await issueKey(ports[0], gatehouse.authorization, 'leased');
        for (const port of ports) await warm(() => use(port, key));
        tookMs.push(await revoke(ports[turn % GATEWAYS], id, gatehouse.authorization, agent));
        const answers = await Promise.all(ports.flatMap((port) => Array.from({ length: TRIES }, () => use(port, key))));
        for (const status of answers) {
          if (status === 401) seen.refused += 1;
          else if (status < 400) seen.accepted += 1;
        }
      }
      if (round === 0) {
        tookMs.length = 0;
        continue;
      }
      say(`round ${round} of ${options.rounds}: median ${quantile(tookMs, 0.5).toFixed(2)} ms`);
    }
    const { requests } = await load.stop();
    const [medianMs, p99Ms] = [quantile(tookMs, 0.5), quantile(tookMs, 0.99)];
    const text = [
      table(
        ['revokes', 'median, ms', 'p99, ms', 'refused afterwards', 'accepted afterwards'],
        [[String(tookMs.length), medianMs.toFixed(2), p99Ms.toFixed(2), String(seen.refused), String(seen.accepted)]],
      ),
      `Over HTTP, from the request to the whole answer, with ${GATEWAYS} gateways that had the key in memory, while ${GATEWAYS * CONNECTIONS} other
connections had ${requests} requests answered from memory.`,
    ].join('\n\n');
    const results = judgeRevokes({ medianMs, p99Ms, accepted: seen.accepted });
    return { results, sections: [{ title: 'Revokes over leased gateways', text }] };
  },
};

async function revoke(port, id, authorization, agent) {
  const headers = { 'Content-Type': 'application/json', ...authorization };
  const startNs = process.hrtime.bigint();
  const answer = await send(port, `/api/v1/keys/${id}/revoke`, { method: 'POST', headers, body: '{}', agent });
  if (answer.status !== 200) throw new Error(`a revoke was answered ${answer.status}\n${answer.text}`);
  return Number(process.hrtime.bigint() - startNs) / 1e6;
}

/** From the third request on a key is in a gateway's memory. */
async function warm(use) {
  for (let index = 0; index < WARM_REQUESTS; index += 1) {
    const status = await use();
    if (status !== 200) throw new Error(`a key that is good was answered ${status}`);
  }
}

function startLoad(ports, use, key) {
  let isOver = false;
  let requests = 0;
  const one = async (port) => {
    while (!isOver) {
      const status = await use(port, key);
      if (status !== 200) throw new Error(`answered ${status} while other keys were revoked`);
      requests += 1;
      await pause(PAUSE_MS);
    }
  };
  const running = Promise.all(ports.flatMap((port) => Array.from({ length: CONNECTIONS }, () => one(port))));
  running.catch(() => undefined);
  return {
    stop: async () => {
      isOver = true;
      await running;
      return { requests };
    },
  };
}
