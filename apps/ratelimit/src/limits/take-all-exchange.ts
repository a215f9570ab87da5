import type { TakeQuery } from '@gatehouse/contracts/limit-records';
import { refused, windowState } from '@gatehouse/limit-domain/judge-limits';
import type { AlgorithmName, Limit, LimitOutcome, ShadowRefusal, WindowState } from '@gatehouse/limit-domain/limit';

const LETTERS: Readonly<Record<AlgorithmName, string>> = {
  'fixed-window': 'f',
  'sliding-window': 's',
  'token-bucket': 't',
};

/** The limits of a subject as the script reads them; the same text for all subjects of a plan. */
export function planText(limits: readonly Limit[]): string {
  let text = '';
  for (const { windowSeconds, quota, algorithm, burst, shadow } of limits) {
    text += `${windowSeconds}:${quota}`;
    if (algorithm !== undefined || shadow === true) {
      text += `:${LETTERS[algorithm ?? 'fixed-window']}${shadow === true ? '!' : ''}`;
      if (burst !== undefined) text += `:${burst}`;
    }
    text += ';';
  }
  return text;
}

/** Names that travel once, and where each is among them, counted from 1 as the script does. */
export class Places {
  private readonly places = new Map<string, number>();
  readonly names: string[];

  constructor(names: readonly string[]) {
    this.names = [...names];
    for (const [index, name] of names.entries()) this.places.set(name, index + 1);
  }

  of(name: string): number {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    const place = this.names.push(name);
    this.places.set(name, place);
    return place;
  }
}

/** What is read of the reply: one number after the other. */
interface Numbers {
  next(): number;
}

export interface TakeAllReply {
  readonly outcomes: readonly LimitOutcome[];
  /** The number of this batch, of all that the store has counted. */
  readonly batch: number;
  /** Unix milliseconds at which the store decided. */
  readonly nowMs: number;
  /** Unix milliseconds since which the store has forgotten nothing; 0: ever. */
  readonly sinceMs: number;
}

/**
 * The script says what it saw and what it decided; it is worded by the same functions as for counters in memory.
 * @throws Error where the reply is not one to these queries, or contradicts itself.
 */
export function readTakeAllReply(reply: unknown, queries: readonly TakeQuery[]): TakeAllReply {
  if (!Array.isArray(reply)) throw new Error('the script answered no list');
  let at = 0;
  const numbers = {
    next: () => {
      const value: unknown = reply[at++];
      if (typeof value !== 'number') throw new Error('the script answered too little');
      return value;
    },
  };
  const nowMs = numbers.next();
  const batch = numbers.next();
  const sinceMs = numbers.next();
  return { batch, nowMs, sinceMs, outcomes: queries.map((query) => readOutcome(numbers, query, nowMs)) };
}

function readOutcome(numbers: Numbers, { subjects, cost }: TakeQuery, nowMs: number): LimitOutcome {
  const verdict = numbers.next();
  const wasCharged = (verdict & 1) === 1;
  const isUncertain = verdict > 1;
  const windows: WindowState[] = [];
  const shadowRefusals: ShadowRefusal[] = [];
  let waitMs = 0;
  for (const { subject, limits } of subjects) {
    for (const limit of limits) {
      if (limit.shadow === true) {
        if (numbers.next() === 1) shadowRefusals.push({ subject, limit });
        continue;
      }
      const read = limit.algorithm === undefined ? readFixedWindow : readOther;
      const { used, moreAtMs, waitMs: wait } = read(numbers, limit, cost, nowMs);
      const charged = limit.algorithm === undefined && wasCharged ? cost : 0;
      windows.push(windowState(subject, limit, used + charged, moreAtMs));
      waitMs = Math.max(waitMs, wait);
    }
  }
  // An allotment that is not certain is not charged, though it would fit.
  if ((waitMs === 0) !== wasCharged && !isUncertain) throw new Error('the script decided otherwise than the domain');
  if (!wasCharged) return refused(windows, waitMs);
  return {
    kind: 'allowed',
    windows,
    ...(shadowRefusals.length === 0 ? {} : { shadowRefusals }),
    ...(isUncertain ? { isUncertain } : {}),
  };
}

/** Of a fixed window the script says what was used before. */
function readFixedWindow(numbers: Numbers, { windowSeconds, quota }: Limit, cost: number, nowMs: number) {
  const used = numbers.next();
  const moreAtMs = (numbers.next() + windowSeconds) * 1_000;
  return { used, moreAtMs, waitMs: used + cost <= quota ? 0 : Math.max(1, moreAtMs - nowMs) };
}

function readOther(numbers: Numbers) {
  return { used: numbers.next(), moreAtMs: numbers.next(), waitMs: numbers.next() };
}
