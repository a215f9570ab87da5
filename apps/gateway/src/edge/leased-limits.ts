import type { Allotment, AllotOutcome } from '@gatehouse/limit-domain/allotment';
import { canBeAllotted } from '@gatehouse/limit-domain/allotment';
import { UnitsAhead } from '@gatehouse/limit-domain/units-ahead';
import type { PublishedApi } from '../routes/published-api.js';
import type { EdgePorts, TakeOutcome } from './authorize-secret.js';
import type { Charge } from './limits-for.js';

/** How many callers something is held for at once; others are asked for on each request. */
const CALLERS_MAX = 10_000;
/** How long nobody is asked for units ahead where the limiter did not answer that, one of an older version say. */
const UNANSWERED_QUIET_MS = 1_000;
/** Who comes again within so long may be busy; for others no more is kept than when they came. */
const AGAIN_WITHIN_MS = 200;

/** Neither is ever tried twice, and neither rejects. */
export interface AllotmentPorts {
  /** `unavailable`: nobody said whether units were charged. */
  readonly allot: (allotment: Allotment, charge: Charge) => Promise<AllotOutcome | { readonly kind: 'unavailable' }>;
  readonly giveBack: (allotment: Allotment, charge: Charge) => Promise<void>;
}

export interface LeasedLimitsPorts extends AllotmentPorts {
  /** Asks for one request, as an API without leased limits does. */
  readonly ask: EdgePorts['takeLimits'];
  readonly newId: () => string;
  readonly monotonicMs: () => number;
}

interface Held {
  readonly charge: Charge;
  readonly units: UnitsAhead;
}

/**
 * The port `takeLimits` of APIs with `limits: leased`: at once from what was charged ahead for a busy caller, else by asking.
 * Nothing is let through that the limiter has not charged before, in windows that go on.
 * Why nothing is let through twice: docs/decisions/0021-leased-limits.md.
 */
export class LeasedLimits {
  /** Requests that were let through without asking. */
  takenCount = 0;
  /** By the subjects of a charge, which are the same for all costs of one caller. A number: when that came last. */
  private readonly heldBy = new WeakMap<Charge['subjects'], Held | number>();
  /** Those of which something is held, awaited or to be given back. */
  private readonly open = new Set<Held>();
  private readonly underWay = new Set<Promise<void>>();
  private quietUntilMs = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(private readonly ports: LeasedLimitsPorts) {}

  /** How many callers something is held for. */
  get callers(): number {
    return this.open.size;
  }

  readonly take: EdgePorts['takeLimits'] = (published, charge) => {
    const nowMs = this.ports.monotonicMs();
    const held = this.heldOf(charge, nowMs);
    if (held === undefined) return this.ports.ask(published, charge);
    const windows = held.units.take(charge.cost, nowMs);
    const wanted = held.units.wanted(charge.cost, nowMs);
    if (wanted > 0 && this.mayAsk(held, nowMs)) this.askAhead(held, wanted, nowMs);
    if (windows === undefined) return this.askNow(published, held, charge);
    this.takenCount++;
    return { kind: 'allowed', windows };
  };

  /** Gives back what has ended or is not used; called every 100 ms or so. */
  sweep(): void {
    const nowMs = this.ports.monotonicMs();
    for (const held of this.open) {
      this.giveBack(held, held.units.release(nowMs));
      if (held.units.isEmpty) this.open.delete(held);
    }
  }

  /** Holds nothing from now on, and gives everything back. */
  async stop(): Promise<void> {
    this.stopped = true;
    // What is being asked for comes first: it goes back when it is there.
    for (const held of this.open) this.giveBack(held, held.units.releaseAll());
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    this.open.clear();
  }

  /** Undefined for a caller who comes seldom, or whose limits cannot be charged ahead. */
  private heldOf(charge: Charge, nowMs: number): Held | undefined {
    const known = this.heldBy.get(charge.subjects);
    if (typeof known === 'object') return known;
    const mayBeBusy = known !== undefined && nowMs - known < AGAIN_WITHIN_MS && canBeAllotted(charge.subjects);
    const held = mayBeBusy ? { charge, units: new UnitsAhead() } : undefined;
    this.heldBy.set(charge.subjects, held ?? nowMs);
    return held;
  }

  private async askNow(published: PublishedApi, { units }: Held, charge: Charge): Promise<TakeOutcome> {
    const outcome = await this.ports.ask(published, charge);
    const isCertain = outcome.kind !== 'unavailable' && !(outcome.kind === 'allowed' && outcome.isUncertain === true);
    units.hear(isCertain ? outcome.windows : []);
    return outcome;
  }

  private mayAsk(held: Held, nowMs: number): boolean {
    return !this.stopped && nowMs >= this.quietUntilMs && (this.open.has(held) || this.open.size < CALLERS_MAX);
  }

  private askAhead(held: Held, units: number, sentAtMs: number): void {
    held.units.ask();
    this.open.add(held);
    this.follow(this.receive(held, { id: this.ports.newId(), units }, sentAtMs));
  }

  private async receive(held: Held, allotment: Allotment, sentAtMs: number): Promise<void> {
    const reply = await this.ports.allot(allotment, held.charge);
    const nowMs = this.ports.monotonicMs();
    if (reply.kind === 'allotted') held.units.receive(allotment, reply, sentAtMs, nowMs);
    // Charged or not: where it was, it comes back.
    else held.units.goWithout(nowMs, reply.kind === 'unavailable' ? allotment : undefined);
    if (reply.kind === 'unavailable') this.quietUntilMs = nowMs + UNANSWERED_QUIET_MS;
    if (this.stopped) this.giveBack(held, held.units.releaseAll());
  }

  private giveBack({ charge }: Held, returns: readonly Allotment[]): void {
    for (const allotment of returns) this.follow(this.ports.giveBack(allotment, charge));
  }

  private follow(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }
}
