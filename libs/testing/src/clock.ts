/** A clock that stands still until a test moves it. */
export interface TestClock {
  readonly nowMs: () => number;
  advanceSeconds(seconds: number): void;
}

export function testClock(startMs = Date.UTC(2026, 0, 15, 12, 0, 0)): TestClock {
  let now = startMs;
  return {
    nowMs: () => now,
    advanceSeconds: (seconds) => {
      now += seconds * 1_000;
    },
  };
}
