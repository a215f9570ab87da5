import type { LimitOutcome, SubjectLimits } from '@gatehouse/limit-domain/limit';
import { MemoryCounters } from '@gatehouse/limit-domain/memory-counters';
import type { Charge } from './limits-for.js';
import { localShare } from './local-share.js';

/** Enforces this gateway's share alone, with counters of its own, while the limiter is away. */
export function localLimits(gateways: number, nowMs: () => number): (charge: Charge) => LimitOutcome {
  const counters = new MemoryCounters();
  const shares = new WeakMap<Charge, readonly SubjectLimits[]>();
  return (charge) => {
    let share = shares.get(charge);
    if (share === undefined) {
      share = localShare(charge.subjects, gateways);
      shares.set(charge, share);
    }
    return counters.take(share, charge.cost, nowMs());
  };
}
