import { load } from './load.mjs';
import { cpuTimes, pause, untilIdle } from './processes.mjs';
import { median } from './statistics.mjs';

const WARM_UP_SECONDS = 3;
const SETTLE_MS = 300;
const IDLE_DEADLINE_MS = 60_000;

/**
 * Loads all contestants in turn, again and again: every round runs all of them, every second round backwards, so that
 * what the machine does meanwhile hits all alike.
 * @param leadSeconds of load right before each sample, for contestants that go on working on what they were asked before
 * (usage is stored a while later): the sample sees that work, and the next one does not, since it waits for its end.
 * @returns id -> { samples: requests per second of each round, cpu: process -> microseconds per request of each round }
 */
export async function measureThroughput(processes, contestants, { rounds, seconds, leadSeconds = 0, onSample }) {
  const results = Object.fromEntries(Object.keys(contestants).map((id) => [id, { samples: [], cpu: {} }]));
  for (const contestant of Object.values(contestants)) await load(processes, contestant, WARM_UP_SECONDS);
  for (let round = 0; round < rounds; round += 1) {
    const ids = Object.keys(contestants);
    if (round % 2 === 1) ids.reverse();
    for (const id of ids) {
      await pause(SETTLE_MS);
      if (leadSeconds > 0) {
        await untilIdle(allMembers(contestants), IDLE_DEADLINE_MS);
        await load(processes, contestants[id], leadSeconds);
      }
      const sample = await takeSample(processes, contestants[id], seconds);
      results[id].samples.push(sample.requestsPerSecond);
      for (const [name, used] of Object.entries(sample.cpu)) {
        results[id].cpu[name] = [...(results[id].cpu[name] ?? []), used];
      }
      onSample(round, id, sample);
    }
  }
  return results;
}

function allMembers(contestants) {
  return Object.values(contestants).flatMap(({ members }) => members);
}

async function takeSample(processes, contestant, seconds) {
  const before = cpuTimes();
  const { requests, requestsPerSecond } = await load(processes, contestant, seconds);
  const after = cpuTimes();
  const cpu = Object.fromEntries(
    contestant.members.map(({ name, process: { pid } }) => [name, (after(pid) - before(pid)) / requests]),
  );
  return { requestsPerSecond, cpu };
}

/** The median over all rounds of this round's quotient: both were measured within seconds of each other. */
export function medianRatio(result, reference) {
  return median(result.samples.map((sample, round) => sample / reference.samples[round]));
}
