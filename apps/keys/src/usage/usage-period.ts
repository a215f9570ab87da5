const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Up to so many days are shown hour by hour. */
const HOURLY_DAYS_MAX = 3;

export interface UsagePeriod {
  /** The first hour or day that is in it, which is a whole one (UTC). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly step: 'hour' | 'day';
}

/** The last so many days, in steps that begin with the UTC hour or day: the one that runs now is the last of them. */
export function usagePeriod(days: number, nowMs: number): UsagePeriod {
  const step = days <= HOURLY_DAYS_MAX ? 'hour' : 'day';
  return {
    fromMs: step === 'hour' ? hourStart(nowMs) - days * DAY_MS + HOUR_MS : dayStart(nowMs, days),
    toMs: nowMs,
    step,
  };
}

/** When the first of the last so many days (UTC) began, today included. */
export function dayStart(nowMs: number, days: number): number {
  return nowMs - (nowMs % DAY_MS) - (days - 1) * DAY_MS;
}

function hourStart(nowMs: number): number {
  return nowMs - (nowMs % HOUR_MS);
}
