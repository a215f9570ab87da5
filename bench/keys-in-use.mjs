import { join } from 'node:path';
import { startCrowd, withOneKey } from './crowd.mjs';
import { startGatehouse, withHeadersAlone } from './gatehouse.mjs';
import { measureThroughput } from './measure.mjs';
import { peakMemory } from './memory.mjs';
import { expectStatus, proveGatehouse } from './proof.mjs';
import { memoryTable, throughputTable } from './report.mjs';
import { judgeKeysInUse } from './targets.mjs';

/** Longer than it takes until usage is stored. */
const LEAD_SECONDS = 3;

/** B8 and B12: what it costs that a million keys are in use at random, instead of one. Each case has its own Gatehouse. */
export const keysInUse = {
  ids: ['B8', 'B12'],

  async run({ options, processes, upstream, folder, stops, say, onSample }) {
    const count = options.keys.toLocaleString('en');
    say('starting Gatehouse, twice');
    const small = await startGatehouse(join(folder, 'one-key'), upstream.url);
    stops.push(small.stop);
    await proveGatehouse(small);
    const crowd = await startCrowd({ processes, folder: join(folder, 'crowd'), upstream, count: options.keys, say });
    stops.push(crowd.stop);

    say('each key for the first time');
    const coldPerSecond = await crowd.cold(options.quick ? 1 : 5);
    say(`keys reads all ${count}`);
    await crowd.warm();

    const oneKey = await withOneKey(small.measured, folder);
    oneKey.members.push(upstream.member);
    const headersAlone = async (gatehouse, within) => {
      const { contestant, stop } = await withHeadersAlone(gatehouse, join(folder, within));
      stops.push(stop);
      await expectStatus('Gatehouse with headers alone', contestant, 200, 'before it is measured');
      return contestant;
    };
    const oneKeyHeaders = await withOneKey(await headersAlone(small, 'one-key'), folder);
    oneKeyHeaders.members = [...oneKeyHeaders.members, upstream.member];
    const manyKeysHeaders = crowd.withKeys(await headersAlone(crowd.gatehouse, 'crowd'));
    const before = await crowd.verified();
    const throughput = await measureThroughput(
      processes,
      { oneKey, manyKeys: crowd.contestant, oneKeyHeaders, manyKeysHeaders },
      { ...options, leadSeconds: LEAD_SECONDS, onSample },
    );
    const seen = await crowd.verified();
    const share = (name) => `${(((seen[name] - before[name]) / (seen.queries - before.queries)) * 100).toFixed(1)} %`;
    const memory = { oneKey: peakMemory(oneKey.members), manyKeys: crowd.memory() };
    const titles = {
      oneKey: 'one key',
      manyKeys: `${count} keys at random, all remembered by \`keys\``,
      oneKeyHeaders: 'one key, upstreamIdentity: headers',
      manyKeysHeaders: `${count} keys at random, upstreamIdentity: headers`,
    };
    const notes = `Of the requests at random, \`keys\` answered ${share('fromMemory')} from memory; ${share('unchanged')} asked for
facts that the gateway still had. Before, with each key used for the first time, so that PostgreSQL was asked for each:
${Math.round(coldPerSecond).toLocaleString('en')} requests/s. Memory is the most that was resident at any time, in MB.`;
    const text = [throughputTable(throughput, titles), notes, memoryTable(memory, titles)].join('\n\n');
    return { results: judgeKeysInUse(throughput, memory), sections: [{ title: 'Keys in use', text }] };
  },
};
