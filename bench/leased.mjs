import { join } from 'node:path';
import { startGatehouse } from './gatehouse.mjs';
import { measureThroughput } from './measure.mjs';
import { PEERS } from './peers.mjs';
import { expectStatus, proveGatehouse } from './proof.mjs';
import { throughputTable } from './report.mjs';
import { judgeLeased } from './targets.mjs';

const TITLES = {
  leased: 'Gatehouse, `verification: leased`',
  bare: PEERS.bare.title,
};

/** B5: a gateway that answers for keys from its own memory, beside the bare proxy. */
export const leased = {
  ids: ['B5'],

  async run({ options, processes, upstream, folder, stops, say, onSample }) {
    say('starting Gatehouse');
    const gatehouse = await startGatehouse(join(folder, 'leased'), upstream.url);
    stops.push(gatehouse.stop);
    await proveGatehouse(gatehouse);
    const bare = await PEERS.bare.start(processes, upstream.url);
    const contestants = { leased: gatehouse.leased, bare };
    for (const [id, contestant] of Object.entries(contestants)) await expectStatus(id, contestant, 200, 'at first');
    for (const { members } of Object.values(contestants)) members.push(upstream.member);
    const throughput = await measureThroughput(processes, contestants, { ...options, onSample });
    const text = throughputTable(throughput, TITLES);
    return { results: judgeLeased(throughput), sections: [{ title: 'Under a lease of the gateway', text }] };
  },
};
