/** Draws and summaries that the simulations share. A `random` is `randomOf(seed)` of tools/faults/random.mjs. */

/** Waits of a memoryless process with this mean. */
export const exponential = (random, mean) => -mean * Math.log(1 - random.next());

/**
 * A delay between parts: most are near the median, one in a hundred is beyond `p99` (log-normal).
 * @param p99 the same as the median: no jitter.
 */
export function delayOf(random, { median, p99 }) {
  const sigma = Math.log(p99 / median) / 2.326;
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return median * Math.exp(sigma * normal);
}

/** @param share 0 to 1; the values are sorted in place. */
export function quantile(values, share) {
  values.sort((one, other) => one - other);
  return values[Math.min(values.length - 1, Math.floor(values.length * share))];
}

/** Milliseconds until the last of so many holders, told one after the other, has acknowledged. */
export function slowestOf({ holders, acknowledgementMs, tellUs, pauseShare = 0, pauseMs = 0, draw, random }) {
  let slowest = 0;
  for (let holder = 0; holder < holders; holder += 1) {
    const paused = pauseShare > 0 && random.next() < pauseShare ? random.next() * pauseMs : 0;
    slowest = Math.max(slowest, (holder * tellUs) / 1_000 + draw(random, acknowledgementMs) + paused);
  }
  return slowest;
}
