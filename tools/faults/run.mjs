import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from '../prepare.mjs';

/**
 * `npm run faults -- --minutes 20 --seed monday`: the platform under faults, judged by INV-01 to INV-13. Exit code 1 where an
 * invariant was violated, with the history kept. `--seeded-bugs`: one short run for each bug that has to be found, exit code
 * 1 where one was not. `--bugs a,b`: one run with these bugs. `--calm`: no faults. `--keep`: keeps the history in any case.
 * `--splits-allowed`: what was seen while a change was under way is printed, and is no failure.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: randomBytes(4).toString('hex') },
    minutes: { type: 'string', default: '5' },
    seconds: { type: 'string' },
    bugs: { type: 'string', default: '' },
    'seeded-bugs': { type: 'boolean', default: false },
    calm: { type: 'boolean', default: false },
    'splits-allowed': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const say = (text) => process.stderr.write(`faults: ${text}\n`);
const aborting = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    say(`${name}: stopping`);
    process.exitCode = 130;
    aborting.abort();
  });
}

prepare();
// Known only after the build.
const { faultRun } = await import('./fault-run.mjs');
const { reportOf, violationsOf } = await import('./report.mjs');
const { scheduleOf } = await import('./schedule.mjs');
const { SEEDED_BUGS } = await import('./seeded-bugs.mjs');

const seconds = values.seconds === undefined ? Number(values.minutes) * 60 : Number(values.seconds);
if (!(seconds > 0)) throw new Error('--minutes or --seconds must be a number above 0');
if (values['seeded-bugs']) await findAll();
else await judge();

async function judge() {
  const bugs = values.bugs.split(',').filter((name) => name !== '');
  const schedule = values.calm ? directed(bugs, seconds) : scheduleOf(values.seed, seconds * 1_000);
  const { result, historyFile } = await runOnce({
    seconds,
    schedule,
    bugs,
    powerCut: bugs.length === 0 && !values.calm,
  });
  process.stdout.write(`${reportOf(result, values.seed)}\n`);
  const violated = result.findings.some(({ violations }) =>
    violations.some(({ whileUnderWay }) => !(whileUnderWay && values['splits-allowed'])),
  );
  for (const line of violationsOf(result)) process.stdout.write(`${line}\n`);
  if (violated) process.exitCode ||= 1;
  if (violated || values.keep) say(`the history is in ${historyFile}`);
  else await rm(historyFile, { force: true });
}

/** A checker that stays green on a bug is itself at fault. */
async function findAll() {
  for (const { name, what, finds } of SEEDED_BUGS) {
    if (aborting.signal.aborted) break;
    const bugSeconds = values.seconds === undefined ? 20 : seconds;
    const { result, historyFile } = await runOnce({
      seconds: bugSeconds,
      schedule: directed([name], bugSeconds),
      bugs: [name],
    });
    await rm(historyFile, { force: true });
    const red = result.findings.filter(({ violations }) => violations.length > 0);
    const isFound = red.some(({ id }) => finds.includes(id));
    const by = red.map(({ id, violations }) => `${id} (${violations.length})`).join(', ');
    process.stdout.write(
      `${isFound ? 'found' : 'NOT FOUND'}  ${name}: ${what}. ${by === '' ? 'Nothing was violated' : by}\n`,
    );
    if (!isFound) process.exitCode = 1;
  }
}

/** What some bugs need in order to show, from the third second on. */
function directed(bugs, forSeconds) {
  const wanted = SEEDED_BUGS.filter(({ name }) => bugs.includes(name)).flatMap(({ faults }) => faults);
  return wanted
    .flatMap(({ everyMs, ...fault }) => {
      const count = Math.floor((forSeconds * 1_000 - 3_000) / everyMs);
      return Array.from({ length: Math.max(0, count) }, (_, index) => ({ ...fault, atMs: 3_000 + index * everyMs }));
    })
    .sort((one, other) => one.atMs - other.atMs);
}

async function runOnce(options) {
  const parent = process.env.GATEHOUSE_TEST_FOLDER ?? tmpdir();
  const folder = await mkdtemp(join(parent, 'gatehouse-faults-'));
  const historyFile = join(tmpdir(), `gatehouse-faults-${values.seed}-${process.pid}.jsonl`);
  say(
    `seed ${values.seed}, ${options.seconds} s${options.bugs.length === 0 ? '' : `, with ${options.bugs.join(', ')}`}`,
  );
  const result = await faultRun({ ...options, folder, historyFile, seed: values.seed, say, signal: aborting.signal });
  return { result, historyFile };
}
