import fc from 'fast-check';
import type { Allotment, AllotOutcome } from './allotment.js';
import type { Limit, SubjectLimits, WindowState } from './limit.js';
import { MemoryCounters } from './memory-counters.js';
import { UnitsAhead } from './units-ahead.js';

/** One thing that happens, to one of the gateways or to one of the messages that are under way. */
export type Event =
  | { readonly what: 'wait'; readonly ms: number }
  | { readonly what: 'requests'; readonly gateway: number; readonly count: number; readonly cost: number }
  | { readonly what: 'sweep' | 'kill'; readonly gateway: number }
  | { readonly what: 'deliver' | 'lose' | 'repeat'; readonly message: number };

type Message =
  | { readonly kind: 'allot'; readonly gateway: UnitsAhead; readonly allotment: Allotment; readonly sentAtMs: number }
  | { readonly kind: 'reply'; readonly arrive: () => void; readonly isLost: () => void }
  | { readonly kind: 'give-back'; readonly allotment: Allotment };

const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0, 250);

/** Histories of three gateways whose messages may be late, in another order, and, where that is wanted, lost or twice there. */
export function events(mayFail: boolean): fc.Arbitrary<readonly Event[]> {
  const gateway = fc.nat({ max: 2 });
  const message = fc.nat({ max: 2 });
  const wait = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.integer({ min: 1, max: 700 }));
  const faults: fc.WeightedArbitrary<Event>[] = [
    { weight: 1, arbitrary: fc.record({ what: fc.constant('kill' as const), gateway }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('lose' as const, 'repeat' as const), message }) },
  ];
  const event = fc.oneof<fc.WeightedArbitrary<Event>[]>(
    {
      weight: 8,
      arbitrary: fc.record({
        what: fc.constant('requests' as const),
        gateway,
        count: fc.integer({ min: 1, max: 12 }),
        cost: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 8, arbitrary: fc.record({ what: fc.constant('deliver' as const), message }) },
    { weight: 4, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: wait }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('sweep' as const), gateway }) },
    ...(mayFail ? faults : []),
  );
  return fc.array(event, { minLength: 50, maxLength: 200, size: 'max' });
}

/** Gateways before one limiter, and what a model says of every request that they let through. */
export class Gateways {
  /** Requests that were let through although the quota was used up. */
  overAdmitted = 0;
  /** Requests that were let through without asking. */
  taken = 0;
  /** Windows of which more was told to be left than is, by requests that were let through. */
  overTold = 0;
  private nowMs = 0;
  private ids = 0;
  private readonly limiter = new MemoryCounters();
  private readonly model: Model;
  private messages: Message[] = [];
  /** Questions to which an answer came, or was waited for in vain: another one is not heard. */
  private readonly answered = new Set<string>();
  private readonly gateways: { units: UnitsAhead; readonly aheadMs: number }[];

  constructor(
    private readonly subjects: readonly SubjectLimits[],
    count: number,
  ) {
    this.model = new Model(subjects);
    this.gateways = Array.from({ length: count }, (_, index) => ({
      units: new UnitsAhead(),
      aheadMs: index * 1_234_567,
    }));
  }

  happen(event: Event): void {
    switch (event.what) {
      case 'wait':
        this.nowMs += event.ms;
        return;
      case 'requests':
        for (let left = event.count; left > 0; left--) this.request(event.gateway % this.gateways.length, event.cost);
        return;
      case 'sweep': {
        const { units, aheadMs } = this.at(event.gateway % this.gateways.length);
        this.send(units.release(this.nowMs + aheadMs));
        return;
      }
      case 'kill':
        this.at(event.gateway % this.gateways.length).units = new UnitsAhead();
        return;
      default:
        this.carry(event.what, event.message);
    }
  }

  /** All gateways are stopped, and every message arrives. @returns whether the limiter knows exactly what was let through */
  settle(): boolean {
    while (this.messages.length > 0) this.carry('deliver', 0);
    for (const { units } of this.gateways) this.send(units.releaseAll());
    while (this.messages.length > 0) this.carry('deliver', 0);
    const { windows } = this.limiter.take(this.subjects, 0, START_MS + this.nowMs);
    const remaining = this.model.remaining(START_MS + this.nowMs);
    return windows.every((window, index) => window.remaining === remaining[index]);
  }

  private request(index: number, cost: number): void {
    const { units, aheadMs } = this.at(index);
    const ownMs = this.nowMs + aheadMs;
    const windows = units.take(cost, ownMs);
    const wanted = units.wanted(cost, ownMs);
    if (wanted > 0) {
      units.ask();
      const allotment = { id: String(++this.ids).padStart(32, '0'), units: wanted };
      this.messages.push({ kind: 'allot', gateway: units, allotment, sentAtMs: ownMs });
    }
    if (windows !== undefined) {
      this.taken++;
      this.admit(cost, windows);
      return;
    }
    const outcome = this.limiter.take(this.subjects, cost, START_MS + this.nowMs);
    units.hear(outcome.windows);
    if (outcome.kind === 'allowed') this.admit(cost, outcome.windows);
  }

  private admit(cost: number, windows: readonly WindowState[]): void {
    this.model.admit(cost, START_MS + this.nowMs);
    const remaining = this.model.remaining(START_MS + this.nowMs);
    if (remaining.some((left) => left < 0)) this.overAdmitted++;
    this.overTold += windows.filter((window, index) => window.remaining > (remaining[index] ?? 0)).length;
  }

  private carry(how: 'deliver' | 'lose' | 'repeat', place: number): void {
    const message = this.messages[place % Math.max(1, this.messages.length)];
    if (message === undefined) return;
    if (how !== 'repeat') this.messages = this.messages.filter((other) => other !== message);
    if (how !== 'lose') this.arrive(message);
    // Whoever asked hears nothing: what it asked for may have been charged, and it says so.
    else if (message.kind === 'allot') this.hear(message.gateway, message.allotment, undefined, message.sentAtMs);
    else if (message.kind === 'reply') message.isLost();
  }

  /** @param outcome undefined: nothing was heard in time, and it is given back, whether or not it was charged. */
  private hear(gateway: UnitsAhead, allotment: Allotment, outcome: AllotOutcome | undefined, sentAtMs: number): void {
    if (this.answered.has(allotment.id)) return;
    this.answered.add(allotment.id);
    const ownMs = this.ownMsOf(gateway);
    if (outcome === undefined) gateway.goWithout(ownMs, allotment);
    else if (outcome.kind === 'none') gateway.goWithout(ownMs);
    else gateway.receive(allotment, outcome, sentAtMs, ownMs);
  }

  private arrive(message: Message): void {
    const limiterMs = START_MS + this.nowMs;
    switch (message.kind) {
      case 'allot': {
        const { gateway, allotment, sentAtMs } = message;
        const outcome = this.limiter.allot(allotment, this.subjects, limiterMs);
        this.messages.push({
          kind: 'reply',
          arrive: () => this.hear(gateway, allotment, outcome, sentAtMs),
          isLost: () => this.hear(gateway, allotment, undefined, sentAtMs),
        });
        return;
      }
      case 'reply':
        message.arrive();
        return;
      case 'give-back':
        this.limiter.giveBack(message.allotment, limiterMs);
    }
  }

  private send(returns: readonly Allotment[]): void {
    for (const allotment of returns) this.messages.push({ kind: 'give-back', allotment });
  }

  private at(index: number) {
    const found = this.gateways[index];
    if (found === undefined) throw new Error('there is no such gateway');
    return found;
  }

  private ownMsOf(units: UnitsAhead): number {
    return this.nowMs + (this.gateways.find((one) => one.units === units)?.aheadMs ?? 0);
  }
}

/** The promise said as plainly as possible: what was let through between two ticks of the clock, of each window. */
class Model {
  private readonly limits: readonly Limit[];
  private readonly used = new Map<string, number>();

  constructor(subjects: readonly SubjectLimits[]) {
    this.limits = subjects.flatMap(({ limits }) => limits);
  }

  admit(cost: number, nowMs: number): void {
    for (const name of this.names(nowMs)) this.used.set(name, (this.used.get(name) ?? 0) + cost);
  }

  /** Below 0 where more was let through than the quota. */
  remaining(nowMs: number): number[] {
    return this.names(nowMs).map((name, index) => (this.limits[index]?.quota ?? 0) - (this.used.get(name) ?? 0));
  }

  private names(nowMs: number): string[] {
    return this.limits.map(({ windowSeconds }, index) => `${index} ${Math.floor(nowMs / 1_000 / windowSeconds)}`);
  }
}
