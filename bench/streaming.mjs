import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { startGatehouse } from './gatehouse.mjs';
import { PEERS } from './peers.mjs';
import { latencyTable } from './report.mjs';
import { quantile } from './statistics.mjs';
import { judgeStreaming } from './targets.mjs';
import { PATH } from './upstream.mjs';

const BLOCK_REQUESTS = 50;
const BLOCKS = 12;
const BLOCKS_QUICK = 2;
/** Long enough that a proxy which waits for the whole answer would be seen. */
const NEXT_EVENT_MS = 50;
const TITLES = { bare: PEERS.bare.title, gatehouse: 'Gatehouse' };

/** B14: how much later than through the bare proxy the first byte of an answer comes that goes on for a while. */
export const streaming = {
  ids: ['B14'],

  async run({ options, processes, folder, stops, say }) {
    const upstream = await startEvents();
    stops.push(upstream.stop);
    say('starting Gatehouse');
    const gatehouse = await startGatehouse(join(folder, 'streaming'), upstream.url);
    stops.push(gatehouse.stop);
    const contestants = { bare: await PEERS.bare.start(processes, upstream.url), gatehouse: gatehouse.measured };
    const samplesMs = { bare: [], gatehouse: [] };
    for (const contestant of Object.values(contestants)) await firstBytes(contestant, BLOCK_REQUESTS);
    for (let block = 0; block < (options.quick ? BLOCKS_QUICK : BLOCKS); block += 1) {
      for (const [id, contestant] of Object.entries(contestants)) {
        samplesMs[id].push(...(await firstBytes(contestant, BLOCK_REQUESTS)));
      }
    }
    const latency = Object.fromEntries(
      Object.entries(samplesMs).map(([id, samples]) => [
        id,
        { medianMs: quantile(samples, 0.5), p99Ms: quantile(samples, 0.99) },
      ]),
    );
    const text = latencyTable(latency, TITLES);
    return { results: judgeStreaming(latency), sections: [{ title: 'First byte of a stream', text }] };
  },
};

/** Server-sent events: one at once, another one later, then the end. */
async function startEvents() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: first\n\n');
    setTimeout(() => response.end('data: last\n\n'), NEXT_EVENT_MS);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

/** One after the other, each on a connection of its own. @returns milliseconds until the first byte of the body. */
async function firstBytes({ port, headers }, count) {
  const samplesMs = [];
  for (let sent = 0; sent < count; sent += 1) samplesMs.push(await firstByte(port, headers));
  return samplesMs;
}

function firstByte(port, headers) {
  return new Promise((resolve, reject) => {
    const startNs = process.hrtime.bigint();
    const request = httpRequest({ port, host: '127.0.0.1', path: PATH, headers, agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode} while streams were measured`));
      response.once('data', () => {
        resolve(Number(process.hrtime.bigint() - startNs) / 1e6);
        request.destroy();
      });
      response.on('error', () => undefined);
    });
    request.on('error', reject);
    request.end();
  });
}
