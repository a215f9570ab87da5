import type { getScopeUse, getUsage, LastUsed, LoggedRequest, SecretUsage } from '@gatehouse/contracts/usage';
import type { z } from 'zod';

type Found<Operation extends { readonly output: z.ZodType }> = Extract<
  z.output<Operation['output']>,
  { kind: 'found' }
>;

/** Usage as the management API shows it. */
export function lastUsedJson(lastUsed: LastUsed | null) {
  if (lastUsed === null) return null;
  const { at, address, userAgent, route } = lastUsed;
  return { at, address, user_agent: userAgent, route };
}

export function secretUsageJson({ uses, lastUsedAt, callers }: SecretUsage) {
  return {
    uses,
    last_used_at: lastUsedAt,
    callers: callers.map((caller) => ({
      address: caller.address,
      user_agent: caller.userAgent,
      route: caller.route,
      uses: caller.uses,
      last_used_at: caller.lastUsedAt,
    })),
  };
}

export function usageJson(days: number, usage: Found<typeof getUsage>) {
  return {
    days,
    from: usage.from,
    to: usage.to,
    totals: usage.totals,
    step: usage.step,
    series: usage.series,
    last_used: lastUsedJson(usage.lastUsed),
    secrets: usage.secrets.map(({ generation, ...use }) => ({ generation, ...secretUsageJson(use) })),
  };
}

export function requestJson(request: LoggedRequest) {
  return {
    at: request.at,
    address: request.address,
    user_agent: request.userAgent,
    method: request.method,
    path: request.path,
    route: request.route,
    status: request.status,
    outcome: request.outcome,
    cost: request.cost,
    secret_generation: request.generation,
    request_id: request.requestId,
  };
}

export function scopeUseJson(days: number, { from, granted, unused, proposed }: Found<typeof getScopeUse>) {
  return {
    days,
    from,
    granted: granted.map(({ scope, uses, lastUsedAt }) => ({ scope, uses, last_used_at: lastUsedAt })),
    unused,
    proposed,
  };
}
