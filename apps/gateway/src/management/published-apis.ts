import type { Api, PlanLimits } from '@gatehouse/catalog/api';
import { WINDOW_SECONDS } from '@gatehouse/catalog/window-seconds';
import type { Limit } from '@gatehouse/limit-domain/limit';

/** A published API as its consumers need it; nothing of its upstream or of how it is guarded. */
export function publishedApi(api: Api) {
  const { profile } = api;
  return {
    name: api.name,
    profile: profile.name,
    description: profile.description,
    hosts: api.hosts,
    base_path: `/apis/${api.name}`,
    environments: Object.entries(profile.key.prefixes)
      .filter(([name]) => api.environments?.includes(name) ?? true)
      .map(([name, keyPrefix]) => ({ name, key_prefix: keyPrefix })),
    scopes: Object.entries(profile.scopes).map(([name, { description, roles }]) => ({
      name,
      description,
      granted_by: roles,
    })),
    roles: Object.entries(profile.roles).map(([name, { description, scopes }]) => ({ name, description, scopes })),
    plans: Object.entries(api.plans).map(([name, plan]) => ({ name, ...publishedPlan(plan) })),
    rotation: {
      in_place: profile.rotation.inPlace,
      grace_seconds_max: profile.rotation.graceSecondsMax,
      remind_after_days: profile.rotation.remindAfterDays,
    },
  };
}

function publishedPlan(plan: PlanLimits) {
  return {
    limits: { key: byWindow(plan.key), organization: byWindow(plan.organization) },
    keys_max: plan.keysMax,
  };
}

/** `{ minute: 30 }`, as profiles have it; limits in shadow are nobody's business. */
function byWindow(limits: PlanLimits['key']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(WINDOW_SECONDS).flatMap(([name, seconds]) => {
      const [first, ...others] = limits
        .filter(({ windowSeconds, shadow }) => windowSeconds === seconds && shadow !== true)
        .map(publishedLimit);
      return first === undefined ? [] : [[name, others.length === 0 ? first : [first, ...others]]];
    }),
  );
}

function publishedLimit({ quota, algorithm, burst }: Limit) {
  if (algorithm === undefined) return quota;
  return { quota, algorithm, ...(burst === undefined ? {} : { burst }) };
}
