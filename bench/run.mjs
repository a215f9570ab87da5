/** `npm run bench`: Gatehouse beside its peers on this machine, as shared ratios. See README.md for the method. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startGatehouse } from './gatehouse.mjs';
import { compareLatency } from './latency.mjs';
import { measureThroughput } from './measure.mjs';
import { NO_LIMIT, PEERS } from './peers.mjs';
import { prepare } from './prepare.mjs';
import { createProcesses } from './processes.mjs';
import { expectStatus, proveGatehouse, provePeer } from './proof.mjs';
import { markdownReport, targetTable, throughputTable } from './report.mjs';
import { judge } from './targets.mjs';
import { startUpstream } from './upstream.mjs';

const GATEHOUSE = { gatehouse: 'Gatehouse: separate processes over NATS, every request queried, six windows' };
const USAGE = `usage: npm run bench -- [options]
  --quick        one round of 2 s: a smoke test, not a result
  --rounds <n>   rounds over all contestants (7)
  --seconds <n>  seconds of load for each contestant in each round (4)
  --peers        the peers alone; writes nothing`;

const options = readOptions();
const say = (text) => process.stderr.write(`bench: ${text}\n`);
const processes = createProcesses();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    say(`${signal}: stopping`);
    process.exitCode = 130;
    void processes.stopAll();
  });
}

try {
  await main();
} catch (error) {
  // After Ctrl-C every wait fails; that is no news.
  if (process.exitCode !== 130) process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode ||= 1;
}

async function main() {
  prepare({ say, build: !options.peers });
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const stops = [() => rm(folder, { recursive: true, force: true }), processes.stopAll];
  try {
    await measure(await startAll(folder, stops));
  } finally {
    for (const stop of stops.reverse()) await stop().catch((error) => say(error.message));
  }
}

async function startAll(folder, stops) {
  const upstream = await startUpstream(processes, folder);
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

async function measure(contestants) {
  const { rounds, seconds } = options;
  const onSample = (round, id, { requestsPerSecond }) =>
    say(`round ${round + 1} of ${rounds}: ${id} ${Math.round(requestsPerSecond).toLocaleString('en')} requests/s`);
  const throughput = await measureThroughput(processes, contestants, { rounds, seconds, onSample });
  const titles = { ...GATEHOUSE, ...Object.fromEntries(Object.entries(PEERS).map(([id, { title }]) => [id, title])) };
  process.stdout.write(`${throughputTable(throughput, titles)}\n\n`);
  if (options.peers) return;

  say('latency at one connection');
  const [bare, gatehouse] = await compareLatency([contestants.bare, contestants.gatehouse], options.latencyRequests);
  const results = judge(throughput, { bare, gatehouse });
  await writeFile(new URL('./results.json', import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);
  if (!options.quick) {
    const settings = { date: new Date().toISOString().slice(0, 10), rounds, seconds };
    const report = markdownReport({ results, throughput, titles, latency: { bare, gatehouse }, settings });
    await writeFile(new URL('./RESULTS.md', import.meta.url), report);
  }
  process.stdout.write(`${targetTable(results)}\n`);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        peers: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(0);
    }
    const number = (name, fallback, most) => {
      const value = Number(values[name] ?? fallback);
      if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`--${name} must be 1 to ${most}`);
      return value;
    };
    return {
      quick: values.quick,
      peers: values.peers,
      rounds: number('rounds', values.quick ? 1 : 7, 20),
      seconds: number('seconds', values.quick ? 2 : 4, 5),
      latencyRequests: values.quick ? 1_000 : 6_000,
    };
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n${USAGE}\n`);
    process.exit(2);
  }
}
