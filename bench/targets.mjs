import { medianRatio } from './measure.mjs';

/** What the throughput ratios promise: id, peer that it is measured against, target, better still. */
const RATIOS = [
  { id: 'B1', against: 'bare', target: 0.65, better: 0.8, what: 'throughput ÷ bare Node proxy' },
  { id: 'B2', against: 'fastify', target: 1.3, better: 1.7, what: 'throughput ÷ Fastify peer' },
  { id: 'B3', against: 'betterAuth', target: 10, better: 15, what: 'throughput ÷ Better Auth' },
  { id: 'B4', against: 'clientProxy', target: 2.2, better: 3, what: 'throughput ÷ two ClientProxy.send' },
];
const ADDED_MEDIAN = { target: 0.4, better: 0.2, what: 'added latency at one connection, median, ms' };
const ADDED_P99 = { target: 1, what: 'added latency at one connection, p99, ms' };

const LEASED = { target: 0.9, better: 0.95, what: 'throughput under a lease of the gateway ÷ bare Node proxy' };

const REVOKE_MEDIAN = { target: 5, what: 'revoke to answered, three leased gateways under load, median, ms' };
const REVOKE_P99 = { target: 50, what: 'revoke to answered, p99, ms' };
const ACCEPTED = { target: 0, what: 'requests accepted after the revoke had returned' };

const REDIS_LIMITS = { target: 0.75, better: 0.9, what: 'throughput with limits in Redis ÷ with limits in memory' };
const LIMITER_MEMORY = { target: 300_000, what: 'decisions of six windows per second and core, in memory' };
const LIMITER_REDIS = { target: 40_000, what: 'decisions of six windows per second and core, in Redis' };

const START = { target: 5, better: 3, what: 'npm start on a prepared checkout: ready after, seconds' };
const FIRST_BYTE = { target: 1, what: 'first byte of a stream later than through the bare proxy by, median, ms' };

const LOGIN_FLOOD = { target: 1.5, better: 1.1, what: 'data plane p99 while 100 logins run ÷ without' };

const KEYS_RATIO = { target: 0.85, better: 0.95, what: 'throughput with 1,000,000 keys at random ÷ with one key' };
const KEYS_RATIO_SIGNED = { ...KEYS_RATIO, what: `${KEYS_RATIO.what}, with a signature for each key` };
const GATEWAY_MEMORY = { target: 250, what: 'memory of a gateway with these keys in use, MB' };
const KEYS_MEMORY = { target: 1_000, what: 'memory of keys with 1,000,000 keys cached, MB' };

/** Judges Gatehouse beside its peers; B6 is met when both its median and its p99 are. */
export function judgePeers(throughput, { bare, gatehouse }) {
  const results = {};
  for (const { id, against, ...promise } of RATIOS) {
    results[id] = atLeast(promise, medianRatio(throughput.gatehouse, throughput[against]));
  }
  const median = atMost(ADDED_MEDIAN, gatehouse.medianMs - bare.medianMs);
  const p99 = atMost(ADDED_P99, gatehouse.p99Ms - bare.p99Ms);
  results.B6 = { ...median, met: median.met && p99.met, p99 };
  return results;
}

/**
 * Judges what many keys cost. B8 is whether verifying slows down: of a pair that differs in the keys alone. In the other pair the
 * one signs a token for each request, the other one every 20 seconds; it has a row of its own, with the same target. B12 is met
 * when both processes are small enough. */
export function judgeKeysInUse({ oneKey, manyKeys, oneKeyHeaders, manyKeysHeaders }, memory) {
  const gateway = atMost(GATEWAY_MEMORY, memory.manyKeys.gateway);
  const keys = atMost(KEYS_MEMORY, memory.manyKeys.keys);
  return {
    B8: {
      ...atLeast(KEYS_RATIO, medianRatio(manyKeysHeaders, oneKeyHeaders)),
      signed: atLeast(KEYS_RATIO_SIGNED, medianRatio(manyKeys, oneKey)),
    },
    B12: { ...gateway, met: gateway.met && keys.met, keys },
  };
}

/** Judges what a flood of logins does to the data plane. */
export function judgeLoginFlood(ratio) {
  return { B11: atMost(LOGIN_FLOOD, ratio) };
}

/** Judges a gateway that verifies from memory. */
export function judgeLeased({ leased, bare }) {
  return { B5: atLeast(LEASED, medianRatio(leased, bare)) };
}

/** Judges limits whose counters replicas share. */
export function judgeRedisLimits({ redis, memory }) {
  return { B7: atLeast(REDIS_LIMITS, medianRatio(redis, memory)) };
}

/** Judges the limiter without what asks it; B9 is met when both stores are fast enough. */
export function judgeLimiter({ memory, redis }) {
  const inMemory = atLeast(LIMITER_MEMORY, memory);
  const inRedis = atLeast(LIMITER_REDIS, redis);
  return { B9: { ...inMemory, met: inMemory.met && inRedis.met, redis: inRedis } };
}

/** Judges how soon the product is there. */
export function judgeStart(seconds) {
  return { B13: atMost(START, seconds) };
}

/** Judges what a gateway adds to the beginning of a stream. */
export function judgeStreaming({ bare, gatehouse }) {
  return { B14: atMost(FIRST_BYTE, gatehouse.medianMs - bare.medianMs) };
}

/** Judges revokes over leased gateways; B10 is met when the median, the p99 and what was accepted afterwards are. */
export function judgeRevokes({ medianMs, p99Ms, accepted }) {
  const median = atMost(REVOKE_MEDIAN, medianMs);
  const p99 = atMost(REVOKE_P99, p99Ms);
  const afterwards = atMost(ACCEPTED, accepted);
  return { B10: { ...median, met: median.met && p99.met && afterwards.met, p99, afterwards } };
}

function atLeast(promise, measured) {
  const value = rounded(measured);
  return { value, ...promise, bound: 'least', met: value >= promise.target };
}

function atMost(promise, measured) {
  const value = rounded(measured);
  return { value, ...promise, bound: 'most', met: value <= promise.target };
}

const rounded = (value) => Math.round(value * 1_000) / 1_000;
