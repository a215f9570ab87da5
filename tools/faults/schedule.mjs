import { LINK_FAULTS } from './link.mjs';
import { randomOf } from './random.mjs';

const SERVICES = [
  'keys-1',
  'keys-2',
  'identity-1',
  'identity-2',
  'ratelimit-1',
  'ratelimit-2',
  'gateway-1',
  'gateway-2',
  'gateway-3',
];
const LINKS = [
  'keys-1/nats',
  'keys-2/nats',
  'keys-1/postgres',
  'keys-2/postgres',
  'identity-1/nats',
  'identity-2/postgres',
  'ratelimit-1/nats',
  'ratelimit-1/redis',
  'ratelimit-2/redis',
  'gateway-1/nats',
  'gateway-2/nats',
];
const CLOCKS = ['keys-2', 'identity-2', 'ratelimit-2', 'gateway-3'];

/** Kinds of faults: how likely each is, what it can befall, and for how long. */
const KINDS = [
  { kind: 'kill', weight: 3, targets: SERVICES, fromMs: 300, toMs: 2_000 },
  { kind: 'pause', weight: 4, targets: SERVICES, fromMs: 300, toMs: 6_000 },
  { kind: 'kill', weight: 1, targets: ['nats', 'redis'], fromMs: 100, toMs: 1_500 },
  { kind: 'pause', weight: 1, targets: ['nats', 'redis'], fromMs: 300, toMs: 4_000 },
  { kind: 'kill', weight: 1, targets: ['postgres'], fromMs: 100, toMs: 1_500 },
  { kind: 'link', weight: 6, targets: LINKS, fromMs: 500, toMs: 5_000 },
  { kind: 'clock', weight: 2, targets: CLOCKS, fromMs: 2_000, toMs: 8_000 },
];

/** Faults come in spells; between two, everything is left alone, so that what only holds then is judged as well. */
const SPELL_MS = 35_000;
const QUIET_MS = 14_000;
/** Two at a time. */
const LANES = 2;

/**
 * What is to befall which part when: `{ atMs, kind, target, durationMs, way }` in the order of their beginnings. The same for
 * the same seed.
 */
export function scheduleOf(seed, totalMs) {
  const planned = [];
  for (let lane = 0; lane < LANES; lane++) {
    const random = randomOf(`${seed} lane ${lane}`);
    let atMs = 1_000 + lane * 1_500;
    while (atMs < totalMs - 4_000) {
      if (atMs % (SPELL_MS + QUIET_MS) > SPELL_MS) {
        atMs += 500;
        continue;
      }
      const fault = faultOf(random, atMs);
      planned.push(fault);
      atMs += fault.durationMs + random.between(200, 2_500);
    }
  }
  return planned.sort((one, other) => one.atMs - other.atMs);
}

function faultOf(random, atMs) {
  const { kind, targets, fromMs, toMs } = weighted(random);
  const fault = { atMs, kind, target: random.pick(targets), durationMs: random.between(fromMs, toMs) };
  if (kind === 'link') return { ...fault, way: random.pick(LINK_FAULTS) };
  if (kind === 'clock') return { ...fault, way: random.pick([-86_400, -3_600, -30, 30, 3_600, 86_400]) };
  return { ...fault, way: '' };
}

function weighted(random) {
  const drawn = random.next() * KINDS.reduce((sum, { weight }) => sum + weight, 0);
  let upTo = 0;
  for (const kind of KINDS) {
    upTo += kind.weight;
    if (drawn < upTo) return kind;
  }
  return KINDS[0];
}
