import { startGatehouse } from './gatehouse.mjs';
import { compareLatency } from './latency.mjs';
import { measureThroughput } from './measure.mjs';
import { NO_LIMIT, PEERS } from './peers.mjs';
import { expectStatus, proveGatehouse, provePeer } from './proof.mjs';
import { latencyTable, throughputTable } from './report.mjs';
import { judgePeers } from './targets.mjs';

const TITLES = {
  gatehouse: 'Gatehouse: separate processes over NATS, every request queried, six windows',
  ...Object.fromEntries(Object.entries(PEERS).map(([id, { title }]) => [id, title])),
};

/** B1 to B4 and B6: Gatehouse beside its peers. */
export const sideBySide = {
  ids: ['B1', 'B2', 'B3', 'B4', 'B6'],

  async run(context) {
    const { options, say, onSample } = context;
    const contestants = await startAll(context);
    const throughput = await measureThroughput(context.processes, contestants, { ...options, onSample });
    const sections = [{ title: 'Throughput and CPU', text: throughputTable(throughput, TITLES) }];
    if (options.peers) return { results: {}, sections };

    say('latency at one connection');
    const [bare, gatehouse] = await compareLatency([contestants.bare, contestants.gatehouse], options.latencyRequests);
    const latency = { bare, gatehouse };
    sections.push({ title: 'Latency at one connection', text: latencyTable(latency, TITLES) });
    return { results: judgePeers(throughput, latency), sections };
  },
};

async function startAll({ options, processes, upstream, folder, stops, say }) {
  const contestants = {};
  if (!options.peers) {
    say('starting Gatehouse');
    const gatehouse = await startGatehouse(folder, upstream.url);
    stops.push(gatehouse.stop);
    await proveGatehouse(gatehouse);
    contestants.gatehouse = gatehouse.measured;
  }
  for (const [id, peer] of Object.entries(PEERS)) {
    say(`starting ${peer.title}`);
    if (peer.checks) await provePeer(processes, peer, upstream.url);
    contestants[id] = await peer.start(processes, upstream.url, NO_LIMIT);
    await expectStatus(peer.title, contestants[id], 200, 'before it is measured');
  }
  for (const { members } of Object.values(contestants)) members.push(upstream.member);
  return contestants;
}
