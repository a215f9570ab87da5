const MINUTE_MS = 60_000;
const PAUSE_LEAST_MS = 200;

/**
 * How long to wait before the next uses are counted: so that counting takes a twentieth of the time, more where they have
 * waited for half an hour, and all of it where they have waited for an hour. The longer uses wait, the more of them are
 * of one key, and the less each of them costs.
 * @param tookMs how long counting the last ones took.
 * @param waitedMs how long the oldest of them had waited.
 */
export function pauseAfterCounting(tookMs: number, waitedMs: number): number {
  if (waitedMs >= 60 * MINUTE_MS) return 0;
  const share = waitedMs < 30 * MINUTE_MS ? 0.05 : 0.2;
  return Math.max(PAUSE_LEAST_MS, tookMs * (1 / share - 1));
}
