import type { Api } from '@gatehouse/catalog/api';
import { encodeSubjects } from '@gatehouse/contracts/limit-records';
import type { Limit, SubjectLimits } from '@gatehouse/limit-domain/limit';
import { type Caller, isPerson } from './caller.js';

/** What one request is charged to: every window of every subject, as values and as the bytes that travel. */
export interface Charge {
  readonly cost: number;
  readonly subjects: readonly SubjectLimits[];
  readonly encoded: Buffer;
}

const chargesByCaller = new WeakMap<Caller, Map<number, Charge | undefined>>();

/**
 * The key's and its organization's limits under the organization's plan, or the default plan where the API has none of
 * that name; what the operator has set for the organization goes before the plan, and a key's own quotas only lower it. A
 * quarantined key has one request a minute. A person has what a key has. Counters are per API. Worked out once for each set of facts; undefined where
 * nothing is limited.
 */
export function limitsFor(facts: Caller, api: Api, cost: number): Charge | undefined {
  let charges = chargesByCaller.get(facts);
  if (charges === undefined) {
    charges = new Map();
    chargesByCaller.set(facts, charges);
  }
  if (charges.has(cost)) return charges.get(cost);
  const charge = chargeOf(facts, api, cost);
  charges.set(cost, charge);
  return charge;
}

function chargeOf(facts: Caller, api: Api, cost: number): Charge | undefined {
  const plan = Object.hasOwn(api.plans, facts.plan) ? api.plans[facts.plan] : api.plans[api.profile.defaultPlan];
  if (plan === undefined) throw new Error(`the API ${api.name} has no default plan`);
  const { organizationLimits: own } = facts;
  const subjects = [
    callerLimits(facts, own?.key ?? plan.key, api, cost),
    { subject: `org:${facts.organizationId}:${api.name}`, limits: own?.organization ?? plan.organization },
  ].filter(({ limits }) => limits.length > 0);
  return subjects.length === 0 ? undefined : { cost, subjects, encoded: encodeSubjects(subjects) };
}

function callerLimits(facts: Caller, given: readonly Limit[], api: Api, cost: number): SubjectLimits {
  if (isPerson(facts)) return { subject: `account:${facts.accountId}:${api.name}`, limits: given };
  // As much as this request costs, not one: what costs more could never be asked for again.
  const held = facts.state === 'quarantined' ? [{ windowSeconds: 60, quota: cost }] : [];
  return { subject: `key:${facts.keyId}`, limits: tightest(tightest(given, facts.limits ?? []), held) };
}

/** Of each window the smaller quota: a key's own quotas never lift what it is given. */
function tightest(given: readonly Limit[], own: readonly Limit[]): readonly Limit[] {
  if (own.length === 0) return given;
  const quotas = new Map(given.map(({ windowSeconds, quota }) => [windowSeconds, quota]));
  for (const { windowSeconds, quota } of own) {
    quotas.set(windowSeconds, Math.min(quota, quotas.get(windowSeconds) ?? quota));
  }
  return [...quotas].map(([windowSeconds, quota]) => ({ windowSeconds, quota })).sort(byWindow);
}

function byWindow(one: Limit, other: Limit): number {
  return one.windowSeconds - other.windowSeconds;
}
