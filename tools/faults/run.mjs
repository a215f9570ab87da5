import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from '../prepare.mjs';

const USAGE = `usage: npm run faults -- [options]
  The platform under faults, judged by INV-01 to INV-13. Ends with 1 where an invariant was violated, and keeps the history.
  --minutes <n>            how long faults happen (5); --seconds <n> in place of it
  --seed <text>            the same seed is the same schedule of faults
  --until-revocations <n>  ends as soon as so many keys were revoked, and
  --until-limited <n>      so many requests were decided by limits; ends with 1 where the time does not suffice for that
  --mostly-limits          most clients use limits up
  --calm                   no faults
  --seeded-bugs            one run for each bug that has to be found; ends with 1 where one was not
  --bugs <a,b|all>         one run with these bugs together
  --keep                   keeps the history in any case
  --built                  everything is built already
`;

const values = readOptions();
/** A run of a minute and more ends with the end of everything at once. */
const POWER_CUT_FROM_SECONDS = 60;
const say = (text) => process.stderr.write(`faults: ${text}\n`);
const aborting = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    say(`${name}: stopping`);
    process.exitCode = 130;
    aborting.abort();
  });
}

if (!values.built) prepare();
// Known only after the build.
const { faultRun, isViolated } = await import('./fault-run.mjs');
const { reportOf, violationsOf } = await import('./report.mjs');
const { scheduleOf } = await import('./schedule.mjs');
const { SEEDED_BUGS } = await import('./seeded-bugs.mjs');

const seconds = values.seconds === undefined ? Number(values.minutes) * 60 : Number(values.seconds);
if (!(seconds > 0)) throw new Error('--minutes or --seconds must be a number above 0');
const enough = {
  ...numberOf('until-revocations', 'revocations'),
  ...numberOf('until-limited', 'limited'),
};
if (values['seeded-bugs']) {
  for (const { name } of SEEDED_BUGS) if (!aborting.signal.aborted) await find([name]);
} else await judge();

function readOptions() {
  try {
    const { values: given } = parseArgs({
      options: {
        seed: { type: 'string', default: randomBytes(4).toString('hex') },
        minutes: { type: 'string', default: '5' },
        seconds: { type: 'string' },
        bugs: { type: 'string', default: '' },
        'seeded-bugs': { type: 'boolean', default: false },
        calm: { type: 'boolean', default: false },
        'mostly-limits': { type: 'boolean', default: false },
        'until-revocations': { type: 'string' },
        'until-limited': { type: 'string' },
        built: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (!given.help) return given;
    process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`faults: ${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

function numberOf(option, name) {
  if (values[option] === undefined) return {};
  const number = Number(values[option]);
  if (!(number > 0)) throw new Error(`--${option} must be a number above 0`);
  return { [name]: number };
}

async function judge() {
  const bugs =
    values.bugs === 'all' ? SEEDED_BUGS.map(({ name }) => name) : values.bugs.split(',').filter((name) => name !== '');
  if (bugs.length > 0) return find(bugs);
  const schedule = values.calm ? [] : scheduleOf(values.seed, seconds * 1_000);
  const powerCut = !values.calm && seconds >= POWER_CUT_FROM_SECONDS;
  const { result, historyFile } = await runOnce({
    seconds,
    schedule,
    bugs: [],
    powerCut,
    mostlyLimits: values['mostly-limits'],
    enough,
  });
  process.stdout.write(`${reportOf(result, values.seed)}\n`);
  for (const line of violationsOf(result)) process.stdout.write(`${line}\n`);
  const isRed = result.findings.some(isViolated);
  const isEnough = Object.entries(enough).every(([what, least]) => result.counts[what] >= least);
  if (isRed || !isEnough) process.exitCode ||= 1;
  if (isRed || values.keep) say(`the history is in ${historyFile}`);
  else await rm(historyFile, { force: true });
}

/** A checker that stays green on a bug is itself at fault. Ends as soon as all are found. */
async function find(bugs) {
  const wanted = SEEDED_BUGS.filter(({ name }) => bugs.includes(name));
  const schedule = directed(wanted, seconds);
  const options = { seconds, schedule, bugs, wanted: wanted.map(({ finds }) => finds) };
  const { result, historyFile } = await runOnce(options);
  if (values.keep) say(`the history is in ${historyFile}`);
  else await rm(historyFile, { force: true });
  const red = result.findings.filter(isViolated);
  for (const { name, what, finds } of wanted) {
    const isFound = red.some(({ id }) => finds.includes(id));
    process.stdout.write(`${isFound ? 'found' : 'NOT FOUND'}  ${name}: ${what}\n`);
    if (!isFound) process.exitCode ||= 1;
  }
  const by = red.map(({ id, violations }) => `${id} (${violations.length})`).join(', ');
  process.stdout.write(
    `           violated after ${Math.round(result.tookSeconds)} s: ${by === '' ? 'nothing' : by}\n`,
  );
}

/** What some bugs need in order to show, from the third second on. */
function directed(wanted, forSeconds) {
  return wanted
    .flatMap(({ faults }) => faults)
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
