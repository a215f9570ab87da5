import { capacityOf } from '@gatehouse/limit-domain/limit';
import type { Api, Catalog, PlanLimits, Route } from './api.js';
import { checkImportedKeys } from './check-imported-keys.js';
import { checkReserved } from './check-reserved.js';
import type { ApiConfiguration, Configuration, PlanOverrides } from './configuration-schema.js';
import { listText, type Path, type Problem } from './problem.js';
import type { Profile } from './profile-schema.js';
import { limitsOf } from './quotas-schema.js';

export type ResolvedCatalog =
  | { readonly kind: 'resolved'; readonly catalog: Catalog }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/**
 * Joins a parsed gatehouse.yaml with the profiles that it names.
 * @param profiles by name; an API whose profile is not among them is left out, since its problem was found before.
 * @returns the catalog, or every problem of what has to fit together, as paths of gatehouse.yaml.
 */
export function resolveCatalog(configuration: Configuration, profiles: ReadonlyMap<string, Profile>): ResolvedCatalog {
  const problems = [
    ...repeated(configuration.apis.map(({ name }, index) => ({ value: name, path: ['apis', index, 'name'] }))),
    ...repeated(
      configuration.apis.flatMap(({ hosts }, index) =>
        hosts.map((value, position) => ({ value, path: ['apis', index, 'hosts', position] })),
      ),
    ),
    ...checkReserved(configuration, profiles),
    ...unknownPlans(configuration.plans, ['plans'], planNames([...profiles.values()])),
  ];
  const apis: Api[] = [];
  configuration.apis.forEach((given, index) => {
    const profile = profiles.get(given.profile);
    if (profile === undefined) return;
    const api = resolveApi(given, profile, configuration.plans);
    problems.push(...checkApi(given, api, ['apis', index]));
    apis.push(api);
  });
  if (problems.length > 0) return { kind: 'refused', problems };
  return { kind: 'resolved', catalog: { apis, gateways: configuration.gateways } };
}

function resolveApi(given: ApiConfiguration, profile: Profile, overrides: PlanOverrides): Api {
  // Without a prototype, so that no name that comes with a key can find anything but a plan.
  const plans: Record<string, PlanLimits> = Object.create(null);
  for (const [name, plan] of Object.entries(profile.plans)) {
    const own = { ...plan, ...overrides[name], ...given.plans[name] };
    plans[name] = {
      key: limitsOf(own.key ?? {}),
      organization: limitsOf(own.organization ?? {}),
      keysMax: own.keysMax ?? null,
    };
  }
  return {
    name: given.name,
    profile,
    hosts: given.hosts,
    upstream: given.upstream,
    upstreamIdentity: given.upstreamIdentity,
    verification: given.verification,
    limits: given.limits,
    limiterOutage: given.limiterOutage,
    routes: given.routes.map(resolveRoute),
    plans,
    environments: given.environments ?? null,
    leakPolicy: given.leakPolicy,
    importedKeys: given.importedKeys.map((form) => ({ ...form, pepper: form.pepper ?? null })),
  };
}

function resolveRoute({ match, scopes, cost }: ApiConfiguration['routes'][number]): Route {
  const space = match.indexOf(' ');
  return { method: match.slice(0, space), pattern: match.slice(space + 1), scopes, cost };
}

function checkApi(given: ApiConfiguration, api: Api, path: Path): Problem[] {
  return [
    ...unknownPlans(given.plans, [...path, 'plans'], planNames([api.profile])),
    ...unknownScopes(api, path),
    ...unreachableRoutes(given, path),
    ...impossibleCosts(api, path),
    ...unknownEnvironments(given, api.profile, path),
    ...checkImportedKeys(api, path),
  ];
}

function repeated(entries: readonly { readonly value: string; readonly path: Path }[]): Problem[] {
  const seen = new Set<string>();
  return entries.flatMap(({ value, path }) => {
    if (seen.has(value)) return [{ path, message: `${value} is there twice` }];
    seen.add(value);
    return [];
  });
}

function planNames(profiles: readonly Profile[]): Set<string> {
  return new Set(profiles.flatMap((profile) => Object.keys(profile.plans)));
}

function unknownPlans(overrides: PlanOverrides, path: Path, known: ReadonlySet<string>): Problem[] {
  return Object.keys(overrides)
    .filter((plan) => !known.has(plan))
    .map(
      (plan): Problem => ({
        path: [...path, plan],
        at: 'key',
        message: `there is no plan ${plan}; known are ${listText([...known])}`,
      }),
    );
}

function unknownScopes(api: Api, path: Path): Problem[] {
  const known = Object.keys(api.profile.scopes);
  return api.routes.flatMap(({ scopes }, route) =>
    scopes.flatMap((scope, position) =>
      known.includes(scope)
        ? []
        : [
            {
              path: [...path, 'routes', route, 'scopes', position],
              message: `the profile ${api.profile.name} has no scope ${scope}; known are ${listText(known)}`,
            },
          ],
    ),
  );
}

function unknownEnvironments({ environments = [] }: ApiConfiguration, profile: Profile, path: Path): Problem[] {
  const known = Object.keys(profile.key.prefixes);
  const places = environments.map((value, position) => ({ value, path: [...path, 'environments', position] }));
  return [
    ...repeated(places),
    ...places
      .filter(({ value }) => !known.includes(value))
      .map(({ value, path: place }) => ({
        path: place,
        message: `the profile ${profile.name} has no environment ${value}; known are ${listText(known)}`,
      })),
  ];
}

/** The first row that matches decides, so a row behind its like, or behind one that matches everything, is a mistake. */
function unreachableRoutes(given: ApiConfiguration, path: Path): Problem[] {
  const matches = given.routes.map((route) => route.match);
  return matches.flatMap((match, index) => {
    const before = matches.slice(0, index).findIndex((earlier) => earlier === match || earlier === '* /**');
    if (before === -1) return [];
    return [
      {
        path: [...path, 'routes', index, 'match'],
        message: `never applies: routes[${before}] matches all of it before`,
      },
    ];
  });
}

function impossibleCosts(api: Api, path: Path): Problem[] {
  return api.routes.flatMap(({ cost }, index) => {
    const tooSmall = Object.entries(api.plans).find(([, plan]) =>
      [...plan.key, ...plan.organization].some((limit) => limit.shadow !== true && capacityOf(limit) < cost),
    );
    if (tooSmall === undefined) return [];
    return [
      {
        path: [...path, 'routes', index, 'cost'],
        message: `is more than a window of the plan ${tooSmall[0]} ever allows`,
      },
    ];
  });
}
