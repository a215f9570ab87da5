/** What one subject has used of one window. Windows are aligned to the clock: they start at multiples of their length. */
export interface Counter {
  readonly windowSeconds: number;
  /** Unix seconds. */
  startSeconds: number;
  used: number;
}

/** Unix seconds at which the window around `nowMs` started. */
export function windowStartSeconds(windowSeconds: number, nowMs: number): number {
  const nowSeconds = Math.floor(nowMs / 1_000);
  return nowSeconds - (nowSeconds % windowSeconds);
}

/**
 * Starts the counter anew where its window is over. A clock that was set back by less than a window goes on counting in
 * the window that it had reached: setting it back must not give a quota twice.
 */
export function turnOver(counter: Counter, nowMs: number): void {
  const startSeconds = windowStartSeconds(counter.windowSeconds, nowMs);
  if (startSeconds === counter.startSeconds || startSeconds === counter.startSeconds - counter.windowSeconds) return;
  counter.startSeconds = startSeconds;
  counter.used = 0;
}
