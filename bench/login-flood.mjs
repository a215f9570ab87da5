import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { startGatehouse } from './gatehouse.mjs';
import { proveGatehouse } from './proof.mjs';
import { table } from './report.mjs';
import { send } from './request.mjs';
import { median, quantile } from './statistics.mjs';
import { judgeLoginFlood } from './targets.mjs';
import { PATH } from './upstream.mjs';

const LOGINS = 100;
const CONNECTIONS = 8;
/** So much that a queue would show, so little that the machine is not full before the first login. */
const PAUSE_MS = 4;
const WARM_UP_MS = 2_000;

/** B11: how long requests of the data plane take while a hundred people sign in at once, beside how long they take else. */
export const loginFlood = {
  ids: ['B11'],

  async run({ options, upstream, folder, stops, say }) {
    say('starting Gatehouse');
    const gatehouse = await startGatehouse(join(folder, 'login-flood'), upstream.url);
    stops.push(gatehouse.stop);
    await proveGatehouse(gatehouse);
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    stops.push(async () => agent.destroy());

    const people = fork(new URL('./people-signing-in.mjs', import.meta.url));
    stops.push(async () => people.kill());

    await during(gatehouse.measured, agent, sleep(WARM_UP_MS));
    await during(gatehouse.measured, agent, signInAtOnce(people, gatehouse, { signedIn: 0, refused: 0 }));
    const [without, during100, ratios] = [[], [], []];
    const ended = { signedIn: 0, refused: 0 };
    for (let round = 0; round < options.rounds; round += 1) {
      const startedMs = performance.now();
      const beside = await during(gatehouse.measured, agent, signInAtOnce(people, gatehouse, ended));
      const floodMs = performance.now() - startedMs;
      // As long as the flood was, so that both see as much of the machine.
      const alone = await during(gatehouse.measured, agent, sleep(floodMs));
      ratios.push(quantile(beside, 0.99) / quantile(alone, 0.99));
      during100.push(...beside);
      without.push(...alone);
      say(`round ${round + 1} of ${options.rounds}: ${LOGINS} logins in ${Math.round(floodMs)} ms`);
    }
    const row = (title, samples) => [
      title,
      String(samples.length),
      quantile(samples, 0.5).toFixed(2),
      quantile(samples, 0.99).toFixed(2),
    ];
    const text = [
      table(
        ['data plane', 'requests', 'median, ms', 'p99, ms'],
        [row('without logins', without), row(`while ${LOGINS} logins run`, during100)],
      ),
      `${CONNECTIONS} kept connections, each with a pause of ${PAUSE_MS} ms after an answer. Of the logins, ${ended.signedIn} ended in a
session, ${ended.refused} in 503 with Retry-After: the queue of password hashes is bounded.`,
    ].join('\n\n');
    return { results: judgeLoginFlood(median(ratios)), sections: [{ title: 'A flood of logins', text }] };
  },
};

/** Sends requests until `work` is done. @returns how long each took, in milliseconds */
async function during({ port, headers }, agent, work) {
  let isOver = false;
  const samplesMs = [];
  const one = async () => {
    while (!isOver) {
      const startNs = process.hrtime.bigint();
      const { status } = await send(port, PATH, { headers, agent });
      samplesMs.push(Number(process.hrtime.bigint() - startNs) / 1e6);
      if (status !== 200) throw new Error(`answered ${status} while people signed in`);
      await sleep(PAUSE_MS);
    }
  };
  const running = Promise.all(Array.from({ length: CONNECTIONS }, one));
  try {
    await work;
  } finally {
    isOver = true;
    await running;
  }
  return samplesMs;
}

async function signInAtOnce(people, { admin, measured }, ended) {
  const answer = once(people, 'message');
  people.send({ count: LOGINS, port: measured.port, body: JSON.stringify(admin) });
  const [{ statuses, error }] = await answer;
  if (error !== undefined) throw new Error(`a login was not answered: ${error}`);
  for (const status of statuses) {
    if (status === 200) ended.signedIn += 1;
    else if (status === 503) ended.refused += 1;
    else throw new Error(`a login was answered ${status}`);
  }
}

function sleep(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
