/**
 * `npm run timing`: whether the time of a refusal tells how much of a secret was right [H-032]. Two kinds of well-formed
 * keys that nobody has, asked in turn over one kept connection: one has nothing in common with a key that there is, the
 * other all of its random digits but the last. Then whether the time of a login, of a forgotten password or of a sign-up
 * tells whether an address has an account [H-036]. Ends with 1 where something can be told apart.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { startGatehouse } from './gatehouse.mjs';
import { prepare } from './prepare.mjs';
import { createProcesses } from './processes.mjs';
import { send } from './request.mjs';
import { median } from './statistics.mjs';
import { tellsKnownAddresses } from './timing-people.mjs';
import { PATH, startUpstream } from './upstream.mjs';

const TRIES = 2_000;
const WARM_UP = 500;
const DIFFERENCE_MAX_US = 100;
const P_MIN = 0.01;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const say = (text) => process.stderr.write(`timing: ${text}\n`);
prepare({ say, peers: false, build: true });
const { mintKey } = await import('@gatehouse/key-domain/mint-key');
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-timing-'));
const processes = createProcesses();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let gatehouse;
try {
  const upstream = await startUpstream(processes, folder);
  gatehouse = await startGatehouse(folder, upstream.url, { environment: { TRUSTED_PROXIES: '127.0.0.1/32' } });
  const { port, headers } = gatehouse.measured;
  const key = headers.Authorization.slice('Bearer '.length);
  // Made before anything is measured: the one takes longer to make than the other, and what ran last warms the caches.
  const manyOf = (make) => Array.from({ length: WARM_UP + TRIES }, make);
  const kinds = [
    { secrets: manyOf(() => mintKey(key.slice(0, -49))), samplesUs: [] },
    { secrets: manyOf(() => nearlyThe(key)), samplesUs: [] },
  ];
  for (let tried = -WARM_UP; tried < TRIES; tried += 1) {
    // Which comes first changes, so that neither always follows the other.
    for (const kind of tried % 2 === 0 ? kinds : [...kinds].reverse()) {
      const request = { headers: { ...headers, Authorization: `Bearer ${kind.secrets[tried + WARM_UP]}` }, agent };
      const startNs = process.hrtime.bigint();
      const { status } = await send(port, PATH, request);
      const tookUs = Number(process.hrtime.bigint() - startNs) / 1_000;
      if (status !== 401) throw new Error(`a key that nobody has was answered ${status}`);
      if (tried >= 0) kind.samplesUs.push(tookUs);
    }
  }
  const [strange, near] = kinds.map(({ samplesUs }) => samplesUs);
  const differenceUs = median(near) - median(strange);
  const p = mannWhitney(strange, near);
  const told = Math.abs(differenceUs) >= DIFFERENCE_MAX_US || p < P_MIN;
  process.stdout.write(
    `${TRIES} of each: nothing right ${median(strange).toFixed(1)} us, all but the last digit ${median(near).toFixed(1)} us\n` +
      `difference of the medians ${differenceUs.toFixed(1)} us (below ${DIFFERENCE_MAX_US}), p ${p.toFixed(3)} (above ${P_MIN}): ` +
      `${told ? 'they can be told apart' : 'they cannot be told apart'}\n`,
  );
  say('known and unknown addresses');
  const toldPeople = await tellsKnownAddresses(gatehouse, agent);
  process.exitCode = told || toldPeople ? 1 : 0;
} finally {
  agent.destroy();
  await gatehouse?.stop();
  await processes.stopAll();
  await rm(folder, { recursive: true, force: true });
}

/** The key with another last random digit, and the check digits that belong to that. */
function nearlyThe(key) {
  const last = key.at(-7);
  const other = DIGITS.replace(last, '').charAt(Math.floor(Math.random() * 61));
  const body = key.slice(0, -7) + other;
  let rest = crc32(body);
  let check = '';
  for (let digit = 0; digit < 6; digit += 1) {
    check = DIGITS.charAt(rest % 62) + check;
    rest = Math.floor(rest / 62);
  }
  return body + check;
}

/** Two-sided p of the Mann-Whitney U test, by the normal approximation: the samples are large, and ties are few. */
function mannWhitney(one, other) {
  const all = [...one.map((value) => [value, 0]), ...other.map((value) => [value, 1])].sort(([a], [b]) => a - b);
  const rankSum = all.reduce((sum, [, kind], index) => (kind === 0 ? sum + index + 1 : sum), 0);
  const u = rankSum - (one.length * (one.length + 1)) / 2;
  const mean = (one.length * other.length) / 2;
  const deviation = Math.sqrt((one.length * other.length * (one.length + other.length + 1)) / 12);
  return 2 * (1 - normal(Math.abs((u - mean) / deviation)));
}

/** The normal distribution function (Abramowitz and Stegun, 26.2.17). */
function normal(z) {
  const t = 1 / (1 + 0.2316419 * z);
  const tail = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return 1 - tail * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
}
