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

/** Judges the measured values; B6 is met when both its median and its p99 are. */
export function judge(throughput, { bare, gatehouse }) {
  const results = {};
  for (const { id, against, ...promise } of RATIOS) {
    const value = rounded(medianRatio(throughput.gatehouse, throughput[against]));
    results[id] = { value, ...promise, met: value >= promise.target };
  }
  const median = atMost(ADDED_MEDIAN, gatehouse.medianMs - bare.medianMs);
  const p99 = atMost(ADDED_P99, gatehouse.p99Ms - bare.p99Ms);
  results.B6 = { ...median, met: median.met && p99.met, p99 };
  return results;
}

function atMost(promise, measured) {
  const value = rounded(measured);
  return { value, ...promise, met: value <= promise.target };
}

const rounded = (value) => Math.round(value * 1_000) / 1_000;
