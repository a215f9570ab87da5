/** `npm run bench`: Gatehouse beside its peers on this machine, as shared ratios. See README.md for the method. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keysInUse } from './keys-in-use.mjs';
import { leased } from './leased.mjs';
import { leasedRevokes } from './leased-revokes.mjs';
import { limiterAlone } from './limiter-alone.mjs';
import { loginFlood } from './login-flood.mjs';
import { readOptions } from './options.mjs';
import { prepare } from './prepare.mjs';
import { createProcesses } from './processes.mjs';
import { redisLimits } from './redis-limits.mjs';
import { markdownReport, targetTable } from './report.mjs';
import { sideBySide } from './side-by-side.mjs';
import { startTime } from './start-time.mjs';
import { streaming } from './streaming.mjs';
import { startUpstream } from './upstream.mjs';

/** Each measures some of the targets, with everything that it started stopped before the next one begins. */
const PARTS = [
  sideBySide,
  leased,
  redisLimits,
  limiterAlone,
  leasedRevokes,
  loginFlood,
  startTime,
  streaming,
  keysInUse,
];

const options = readOptions(PARTS.flatMap(({ ids }) => ids));
const say = (text) => process.stderr.write(`bench: ${text}\n`);
let interrupted = false;
let current;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    say(`${signal}: stopping`);
    process.exitCode = 130;
    interrupted = true;
    void current?.stopAll();
  });
}

try {
  await main();
} catch (error) {
  // After Ctrl-C every wait fails; that is no news.
  if (!interrupted) process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode ||= 1;
}

async function main() {
  const parts = options.peers ? [sideBySide] : PARTS.filter(isWanted);
  prepare({ say, peers: parts.includes(sideBySide), build: !options.peers });
  const done = [];
  for (const part of parts) {
    const { results, sections } = await runPart(part);
    for (const { text } of sections) process.stdout.write(`${text}\n\n`);
    done.push({ results, sections });
  }
  if (options.peers) return;
  const results = Object.assign({}, ...done.map((part) => part.results));
  if (options.ids.length === 0)
    await writeResults(
      results,
      done.flatMap(({ sections }) => sections),
    );
  process.stdout.write(`${targetTable(results)}\n`);
}

function isWanted({ ids }) {
  return options.ids.length === 0 || ids.some((id) => options.ids.includes(id));
}

async function runPart(part) {
  if (interrupted) throw new Error('interrupted');
  const processes = createProcesses();
  current = processes;
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const stops = [() => rm(folder, { recursive: true, force: true }), processes.stopAll];
  const onSample = (round, id, { requestsPerSecond }) =>
    say(
      `round ${round + 1} of ${options.rounds}: ${id} ${Math.round(requestsPerSecond).toLocaleString('en')} requests/s`,
    );
  try {
    const upstream = await startUpstream(processes, folder);
    return await part.run({ options, processes, upstream, folder, stops, say, onSample });
  } finally {
    for (const stop of stops.reverse()) await stop().catch((error) => say(error.message));
  }
}

async function writeResults(results, sections) {
  const { rounds, seconds } = options;
  await writeFile(new URL('./results.json', import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);
  if (options.quick) return;
  const settings = { date: new Date().toISOString().slice(0, 10), rounds, seconds };
  await writeFile(new URL('./RESULTS.md', import.meta.url), markdownReport({ results, sections, settings }));
}
