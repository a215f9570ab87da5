import type { Api } from '@gatehouse/catalog/api';
import { encodeSubjects } from '@gatehouse/contracts/limit-records';
import type { KeyQuota } from '@gatehouse/key-domain/key';
import type { Limit, SubjectLimits } from '@gatehouse/limit-domain/limit';
import { type Caller, isPerson } from './caller.js';

/**
 * What one request is charged to: every window of every subject, as values and as the bytes that travel. Both are the same
 * objects for all costs of one caller, but for a key in quarantine.
 */
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
  const [like] = charges.values();
  const charge = like === undefined || isQuarantined(facts) ? chargeOf(facts, api, cost) : { ...like, cost };
  charges.set(cost, charge);
  return charge;
}

function isQuarantined(facts: Caller): boolean {
  return !isPerson(facts) && facts.state === 'quarantined';
}

function chargeOf(facts: Caller, api: Api, cost: number): Charge | undefined {
  const plan = Object.hasOwn(api.plans, facts.plan) ? api.plans[facts.plan] : api.plans[api.profile.defaultPlan];
  if (plan === undefined) throw new Error(`the API ${api.name} has no default plan`);
  const { organizationLimits: own } = facts;
  const subjects = [
    callerLimits(facts, inPlaceOf(plan.key, own?.key), api, cost),
    { subject: `org:${facts.organizationId}:${api.name}`, limits: inPlaceOf(plan.organization, own?.organization) },
  ].filter(({ limits }) => limits.length > 0);
  return subjects.length === 0 ? undefined : { cost, subjects, encoded: encodeSubjects(subjects) };
}

function callerLimits(facts: Caller, given: readonly Limit[], api: Api, cost: number): SubjectLimits {
  if (isPerson(facts)) return { subject: `account:${facts.accountId}:${api.name}`, limits: given };
  // As much as this request costs, not one: what costs more could never be asked for again.
  const held = isQuarantined(facts) ? [{ windowSeconds: 60, quota: cost }] : [];
  return { subject: `key:${facts.keyId}`, limits: tightest(tightest(given, facts.limits ?? []), held) };
}

/** Of each window the smaller quota: a key's own quotas never lift what it is given. They are enforced, also beside shadows. */
function tightest(given: readonly Limit[], own: readonly KeyQuota[]): readonly Limit[] {
  if (own.length === 0) return given;
  const lowered = given.map((limit) => {
    const least = own.find(({ windowSeconds }) => windowSeconds === limit.windowSeconds);
    return least === undefined || limit.shadow === true ? limit : withQuota(limit, Math.min(limit.quota, least.quota));
  });
  const more = own.filter((quota) => !given.some((limit) => isEnforcedFor(quota, limit)));
  return [...lowered, ...more.map(({ windowSeconds, quota }) => ({ windowSeconds, quota }))].sort(byWindow);
}

/** What the operator has set for an organization says how much; the plan says how it is counted. */
function inPlaceOf(planned: readonly Limit[], own: readonly KeyQuota[] | null | undefined): readonly Limit[] {
  if (own === null || own === undefined) return planned;
  return own.flatMap((quota) => {
    const counted = planned.filter((limit) => isEnforcedFor(quota, limit));
    return counted.length === 0 ? [quota] : counted.map((limit) => withQuota(limit, quota.quota));
  });
}

function isEnforcedFor({ windowSeconds }: KeyQuota, limit: Limit): boolean {
  return limit.windowSeconds === windowSeconds && limit.shadow !== true;
}

/** A bucket never holds more than a quota that was set for it. */
function withQuota(limit: Limit, quota: number): Limit {
  if (quota === limit.quota) return limit;
  return { ...limit, quota, ...(limit.burst === undefined ? {} : { burst: Math.min(limit.burst, quota) }) };
}

function byWindow(one: Limit, other: Limit): number {
  return one.windowSeconds - other.windowSeconds;
}
