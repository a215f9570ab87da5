import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './processes.mjs';
import { table } from './report.mjs';
import { median } from './statistics.mjs';
import { judgeStart } from './targets.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** B13: how long `npm start` takes on a prepared checkout, until it says that it is ready. */
export const startTime = {
  ids: ['B13'],

  async run({ options, processes, folder, say }) {
    const start = async () => {
      const [port, internalPort] = [await freePort(), await freePort()];
      const startedMs = performance.now();
      const started = await processes.start({
        name: 'npm start',
        command: 'npm',
        args: ['start'],
        cwd: ROOT,
        env: {
          NODE_ENV: 'development',
          GATEHOUSE_DATA_DIR: join(folder, 'start'),
          PORT: String(port),
          INTERNAL_PORT: String(internalPort),
        },
        ready: async () => (await fetch(`http://127.0.0.1:${internalPort}/readyz`)).status === 200,
        deadlineMs: 60_000,
      });
      const tookSeconds = (performance.now() - startedMs) / 1_000;
      await processes.stop(started);
      return tookSeconds;
    };
    say('npm start, for the first time');
    const firstSeconds = await start();
    const againSeconds = [];
    for (let round = 0; round < options.rounds; round += 1) againSeconds.push(await start());
    const rows = [
      ['in an empty data folder', firstSeconds.toFixed(2)],
      [`again (median of ${againSeconds.length})`, median(againSeconds).toFixed(2)],
    ];
    const text = table(['npm start', 'ready after, seconds'], rows);
    return { results: judgeStart(median(againSeconds)), sections: [{ title: 'Start', text }] };
  },
};
