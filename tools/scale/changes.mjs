import { ANNOUNCE_MS, REVOKER_WAIT_MS } from './costs.mjs';
import { delayOf, quantile, slowestOf } from './delays.mjs';

/**
 * How long a change takes, from before it is announced until it has settled: `apps/keys/src/lease/announce-change.ts` and
 * `settle-change.ts`. Every holder is told twice; the slowest of them decides, replicas of `keys` before gateways. Who is dead
 * holds the announcement up for 300 ms, which is then entered in PostgreSQL, and the change until its lease is over.
 *
 * @param acknowledgementMs, commitMs of one holder, and of the transaction; see `delayOf`.
 * @param tellUs processor time of the replica that makes the change, for each holder and telling: the last one hears of it so
 * much later.
 * @param pauseShare, pauseMs how many of the holders are in a pause (garbage collection, a long turn) when they are told.
 * @returns milliseconds: median and p99 of so many changes.
 */
export function simulateChanges({
  replicas,
  gateways,
  dead = 0,
  changes,
  commitMs,
  draw = delayOf,
  random,
  ...telling
}) {
  const slowest = (holders) => slowestOf({ holders, draw, random, ...telling });
  const others = replicas - 1;
  const tookMs = Array.from({ length: changes }, () => {
    const announced = dead > 0 ? ANNOUNCE_MS : Math.min(ANNOUNCE_MS, slowest(others + gateways));
    const entered = dead > 0 ? draw(random, commitMs) + REVOKER_WAIT_MS : 0;
    const settled = Math.min(REVOKER_WAIT_MS, slowest(others) + slowest(gateways));
    return announced + entered + draw(random, commitMs) + settled;
  });
  return { median: quantile(tookMs, 0.5), p99: quantile(tookMs, 0.99) };
}
