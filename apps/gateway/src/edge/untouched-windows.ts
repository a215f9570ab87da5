import type { Api } from '@gatehouse/catalog/api';
import { untouchedWindow } from '@gatehouse/limit-domain/judge-limits';
import type { Limit, WindowState } from '@gatehouse/limit-domain/limit';
import type { Caller } from './caller.js';
import { limitsFor } from './limits-for.js';

/**
 * The windows of a request for which no counter was asked, as if nothing had been used: those of the key's plan, or,
 * where no key is known, of the API's default plan.
 */
export function untouchedWindows(api: Api, facts: Caller | null, nowMs: number): readonly WindowState[] {
  const subjects = facts === null ? defaultSubjects(api) : (limitsFor(facts, api, 0)?.subjects ?? []);
  return subjects.flatMap(({ subject, limits }) =>
    limits.filter(({ shadow }) => shadow !== true).map((limit) => untouchedWindow(subject, limit, nowMs)),
  );
}

function defaultSubjects(api: Api): readonly { readonly subject: string; readonly limits: readonly Limit[] }[] {
  const plan = api.plans[api.profile.defaultPlan];
  if (plan === undefined) return [];
  return [
    { subject: 'key', limits: plan.key },
    { subject: 'org', limits: plan.organization },
  ];
}
