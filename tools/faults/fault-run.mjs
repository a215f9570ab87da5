import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { readHistory } from '@gatehouse/history/history-file.store';
import { INVARIANTS } from '@gatehouse/history/invariants';
import { startClient } from './client.mjs';
import { startFaultCluster } from './cluster.mjs';
import { configurationOf } from './configuration.mjs';
import { injector } from './inject.mjs';
import { keyLives, useEnded } from './load/key-lives.mjs';
import { limitChecks } from './load/limit-checks.mjs';
import { limitedKeys } from './load/limited-keys.mjs';
import { people } from './load/people.mjs';
import { strangers } from './load/strangers.mjs';
import { randomOf } from './random.mjs';
import { startRecorder } from './recorder.mjs';
import { startUpstream } from './upstream.mjs';
import { openWorld } from './world.mjs';

/** After the last fault: what is under way comes to its end. */
const SETTLE_MS = 3_000;
const LOOK_EVERY_MS = 2_000;
/** How many clients of each kind. */
const CLIENTS = {
  liveOne: 7,
  hauntOne: 3,
  takeOne: 48,
  checkOne: 6,
  waitOne: 1,
  knockOne: 3,
  importOne: 1,
  personOne: 2,
};
/** The same, where limits are what it is about. */
const MOSTLY_LIMITS = { ...CLIENTS, liveOne: 1, hauntOne: 1, takeOne: 96, personOne: 1 };

/**
 * One run: starts everything, lets clients do what they do while faults happen as planned, ends everything, and judges what
 * was recorded.
 * @param schedule see `schedule.mjs`
 * @param wanted where given: the run ends as soon as each of these lists of invariants has one that is violated
 * @param enough where it has numbers: the run ends as soon as each of these counts is reached
 * @param mostlyLimits whether most clients use limits up
 * @param powerCut whether everything ends at once at the end, and is asked again when it is back
 * @returns `{ findings, counts, faults, fallen }`
 */
export async function faultRun({
  folder,
  historyFile,
  seed,
  seconds,
  schedule,
  bugs = [],
  powerCut = false,
  mostlyLimits = false,
  wanted,
  enough = {},
  say,
  signal,
}) {
  await mkdir(folder, { recursive: true });
  const stops = [() => rm(folder, { recursive: true, force: true })];
  const recorder = startRecorder(historyFile, seed, wanted !== undefined);
  const fallen = [];
  let outcome;
  try {
    outcome = await run();
  } finally {
    for (const stop of stops.reverse()) await stop().catch((error) => say(error.message));
    await recorder.close();
  }
  say('judging');
  const history = await readHistory(historyFile);
  const findings = INVARIANTS.map((invariant) => ({ ...invariant, ...invariant.check(history) }));
  return { findings, ...outcome, enough, fallen, ...sizesOf(history) };

  async function run() {
    const upstream = await startUpstream(recorder);
    stops.push(() => upstream.stop());
    say('starting 9 services, NATS, PostgreSQL and Redis');
    const cluster = await startFaultCluster({
      folder,
      configuration: configurationOf(upstream.url),
      environment: bugs.length === 0 ? {} : environmentOf(bugs),
      random: randomOf(`${seed} links`),
      fell: (name, output) => {
        fallen.push({ name, output });
        say(`${name} ended by itself: ${output.slice(-300)}`);
      },
    });
    stops.push(() => cluster.stop());
    const client = startClient({ gateways: cluster.gateways, recorder });
    stops.push(() => client.close());
    const world = await openWorld({ cluster, client, recorder, seed });
    const limited = await limitedKeys(world);
    const does = {
      ...keyLives(world),
      ...limited,
      ...limitChecks(world),
      ...strangers(world),
      personOne: people(world).liveOne,
    };

    let over = false;
    const began = performance.now();
    const clients = Object.entries(mostlyLimits ? MOSTLY_LIMITS : CLIENTS).flatMap(([what, count]) =>
      Array.from({ length: count }, async (_, index) => {
        const process = `${what} ${index + 1}`;
        const random = world.randomFor(process);
        while (!over) await does[what](process, random, index);
      }),
    );
    // What fails in one of them ends the run; until then nobody waits for it.
    const failed = Promise.all(clients);
    failed.catch(() => undefined);
    const faults = injector({ cluster, recorder, say });
    const ending = new AbortController();
    const until = AbortSignal.any([signal, ending.signal]);
    const ended = [Promise.all([pause(seconds * 1_000, until), faults.run(schedule, until)]), failed];
    if (wanted !== undefined) ended.push(untilFound(recorder, wanted, until));
    if (Object.keys(enough).length > 0) ended.push(untilEnough(world.counts, enough, until));
    await Promise.race(ended);
    ending.abort();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    over = true;
    await failed;
    if (powerCut && !signal.aborted) {
      say('power cut');
      await faults.powerCut();
      for (const gone of world.ended)
        for (const gateway of client.gateways) await useEnded(world, 'after the cut', gone, gateway);
    }
    return { counts: world.counts, faults: faults.counts, tookSeconds: (performance.now() - began) / 1_000 };
  }
}

async function untilFound(recorder, wanted, signal) {
  while (!signal.aborted) {
    await pause(LOOK_EVERY_MS, signal);
    const history = recorder.soFar();
    const red = INVARIANTS.map((invariant) => ({ id: invariant.id, ...invariant.check(history) })).filter(isViolated);
    if (wanted.every((any) => red.some(({ id }) => any.includes(id)))) return;
  }
}

async function untilEnough(counts, enough, signal) {
  const isEnough = () => Object.entries(enough).every(([what, least]) => counts[what] >= least);
  while (!signal.aborted && !isEnough()) await pause(LOOK_EVERY_MS, signal);
}

/** Whether an invariant was violated. */
export function isViolated({ violations }) {
  return violations.length > 0;
}

/** Ends earlier where `signal` says so. */
async function pause(milliseconds, signal) {
  await wait(milliseconds, undefined, { signal }).catch(() => undefined);
}

function environmentOf(bugs) {
  return {
    NODE_OPTIONS: `--import=${new URL('./plant.mjs', import.meta.url).href}`,
    GATEHOUSE_FAULT_TESTING: 'yes',
    GATEHOUSE_SEEDED_BUGS: bugs.join(','),
  };
}

/** What says how much a run has shown. */
function sizesOf({ operations, arrivals, subjects }) {
  const statuses = new Map();
  const revokesMs = [];
  const limited = new Map();
  let undecided = 0;
  for (const { operation, status, outcome, startedAtNs, returnedAtNs, arguments: given, result } of operations) {
    const [subject] = given.subjects ?? [];
    if (subject !== undefined) {
      const isRefused = status === 429 || result.limited === true;
      const { algorithm } = subjects.get(subject)[0];
      const counted = limited.get(algorithm) ?? { admitted: 0, refused: 0 };
      limited.set(algorithm, counted);
      if (isRefused) counted.refused++;
      else if (status === 200) counted.admitted++;
      else undecided++;
    }
    if (operation === 'use') statuses.set(status ?? 'no answer', (statuses.get(status ?? 'no answer') ?? 0) + 1);
    if (operation === 'end' && outcome === 'ok') revokesMs.push((returnedAtNs - startedAtNs) / 1e6);
  }
  revokesMs.sort((one, other) => one - other);
  return { operations: operations.length, arrivals: arrivals.length, statuses, revokesMs, limited, undecided };
}
