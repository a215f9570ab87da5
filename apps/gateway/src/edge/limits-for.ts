import type { Api } from '@gatehouse/catalog/api';
import { encodeSubjects } from '@gatehouse/contracts/limit-records';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { SubjectLimits } from '@gatehouse/limit-domain/limit';

/** What one request is charged to: every window of every subject, as values and as the bytes that travel. */
export interface Charge {
  readonly cost: number;
  readonly subjects: readonly SubjectLimits[];
  readonly encoded: Buffer;
}

const chargesByKey = new WeakMap<KeyFacts, Map<number, Charge | undefined>>();

/**
 * The key's and its organization's limits under the key's plan, or the default plan where the API has none of that
 * name. Counters are per API. Worked out once for each set of facts; undefined where the plan limits nothing.
 */
export function limitsFor(facts: KeyFacts, api: Api, cost: number): Charge | undefined {
  let charges = chargesByKey.get(facts);
  if (charges === undefined) {
    charges = new Map();
    chargesByKey.set(facts, charges);
  }
  if (charges.has(cost)) return charges.get(cost);
  const charge = chargeOf(facts, api, cost);
  charges.set(cost, charge);
  return charge;
}

function chargeOf(facts: KeyFacts, api: Api, cost: number): Charge | undefined {
  const plan = Object.hasOwn(api.plans, facts.plan) ? api.plans[facts.plan] : api.plans[api.profile.defaultPlan];
  if (plan === undefined) throw new Error(`the API ${api.name} has no default plan`);
  const subjects = [
    { subject: `key:${facts.keyId}`, limits: plan.key },
    { subject: `org:${facts.organizationId}:${api.name}`, limits: plan.organization },
  ].filter(({ limits }) => limits.length > 0);
  return subjects.length === 0 ? undefined : { cost, subjects, encoded: encodeSubjects(subjects) };
}
