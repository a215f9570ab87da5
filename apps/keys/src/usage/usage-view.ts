import type { LastUsed, LoggedRequest as RequestView, SecretUsage } from '@gatehouse/contracts/usage';
import type { LastUse } from './last-use.js';
import type { ScopeProposal } from './propose-scopes.js';
import type { SecretUse } from './secret-use.js';
import type { LoggedRequest, UsageStep } from './usage-readings.store.js';

/** Usage as the contracts show it: moments as ISO texts. */
export function lastUsedView(lastUse: LastUse | null | undefined): LastUsed | null {
  if (lastUse === null || lastUse === undefined) return null;
  const { atMs, ...use } = lastUse;
  return { at: iso(atMs), ...use };
}

export function secretUsageView({ uses, lastAtMs, callers }: SecretUse): SecretUsage {
  return {
    uses,
    lastUsedAt: lastAtMs === null ? null : iso(lastAtMs),
    callers: callers.map(({ lastAtMs: callerLastAtMs, ...caller }) => ({ ...caller, lastUsedAt: iso(callerLastAtMs) })),
  };
}

export function requestView({ atMs, ...request }: LoggedRequest): RequestView {
  return { at: iso(atMs), ...request };
}

/** The series, and what it adds up to. */
export function stepsView(steps: readonly UsageStep[]) {
  const sum = (amount: Exclude<keyof UsageStep, 'atMs'>) => steps.reduce((total, step) => total + step[amount], 0);
  return {
    totals: { requests: sum('requests'), refused: sum('refused'), cost: sum('cost'), unlogged: sum('unlogged') },
    series: steps.map(({ atMs, requests, refused, cost }) => ({ at: iso(atMs), requests, refused, cost })),
  };
}

export function scopesView({ granted, unused, proposed }: ScopeProposal) {
  return {
    granted: granted.map(({ lastAtMs, ...scope }) => ({
      ...scope,
      lastUsedAt: lastAtMs === null ? null : iso(lastAtMs),
    })),
    unused: [...unused],
    proposed: [...proposed],
  };
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
