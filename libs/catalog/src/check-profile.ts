import { readPrefixes } from '@gatehouse/key-domain/key-prefix';
import { checkTokens } from './check-tokens.js';
import { listText, type Problem } from './problem.js';
import type { Profile } from './profile-schema.js';
import { GATEWAY_PLACEHOLDERS, refusalWords } from './refusal-words.js';
import { REFUSALS, type RefusalCode } from './refusals.js';
import { LIMIT_PLACEHOLDERS } from './render-limit-headers.js';
import { placeholdersOf } from './render-template.js';

/** Headers that frame or route the message: a credential there could not be told from what they are for. */
const NOT_FOR_CREDENTIALS = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'te', 'upgrade']);

/** Everything about a profile that its schema cannot say: what must fit together. */
export function checkProfile(profile: Profile): Problem[] {
  return [
    ...checkPrefixes(profile),
    ...checkCredentials(profile),
    ...checkTokens(profile),
    ...checkRoles(profile),
    ...checkPlans(profile),
    ...checkWords(profile),
    ...checkBodies(profile),
    ...checkHeaders(profile),
  ];
}

/** Compared are the texts before a slug: with it in the way, prefixes that begin alike would depend on how projects are named. */
function checkPrefixes(profile: Profile): Problem[] {
  const prefixes = readPrefixes(profile.key.prefixes);
  return prefixes.flatMap(({ environment, head }) =>
    prefixes
      .filter((other) => other.environment !== environment && head.startsWith(other.head))
      .map((other) => ({
        path: ['key', 'prefixes', environment],
        message: `begins with the prefix of ${other.environment}, so that keys of the two could not be told apart`,
      })),
  );
}

function checkCredentials(profile: Profile): Problem[] {
  const seen = new Set<string>();
  const tokensHeader = profile.tokens?.header ?? '';
  const forTokens: Problem[] = NOT_FOR_CREDENTIALS.has(tokensHeader.toLowerCase())
    ? [{ path: ['tokens', 'header'], message: `${tokensHeader} cannot carry a credential` }]
    : [];
  const forKeys = profile.credentials.flatMap(({ header, scheme }, index) => {
    const path = ['credentials', index];
    if (NOT_FOR_CREDENTIALS.has(header.toLowerCase())) {
      return [{ path: [...path, 'header'], message: `${header} cannot carry a credential` }];
    }
    const place = `${header} ${scheme ?? ''}`.toLowerCase();
    if (seen.has(place)) return [{ path, message: 'is listed twice' }];
    seen.add(place);
    return [];
  });
  return [...forKeys, ...forTokens];
}

function checkRoles(profile: Profile): Problem[] {
  const known = Object.keys(profile.scopes);
  return Object.entries(profile.roles).flatMap(([role, { scopes }]) =>
    scopes.flatMap((scope, index) =>
      known.includes(scope)
        ? []
        : [
            {
              path: ['roles', role, 'scopes', index],
              message: `there is no scope ${scope}; known are ${listText(known)}`,
            },
          ],
    ),
  );
}

function checkPlans(profile: Profile): Problem[] {
  if (Object.hasOwn(profile.plans, profile.defaultPlan)) return [];
  const known = Object.keys(profile.plans).join(', ');
  return [{ path: ['defaultPlan'], message: `there is no plan ${profile.defaultPlan}; the profile has ${known}` }];
}

/** The words of a refusal may use what the gateway knows, and must not hide it. */
function checkWords(profile: Profile): Problem[] {
  const groups = [
    ['refusals', profile.errors.refusals],
    ['fallback', profile.errors.fallback],
  ] as const;
  return groups.flatMap(([group, entries]) =>
    Object.entries(entries).flatMap(([entry, words]) =>
      Object.entries(words).flatMap(([field, template]): Problem[] => {
        const path = ['errors', group, entry, field];
        if (field === 'status' || field === 'body' || template === undefined) return [];
        if (isOneOf(GATEWAY_PLACEHOLDERS, field)) {
          return [{ path, at: 'key', message: 'is a name that the gateway fills in; choose another' }];
        }
        return unknownPlaceholders(placeholdersOf(template), GATEWAY_PLACEHOLDERS).map((name) => ({
          path,
          message: `{${name}} is not known here; known are ${braced(GATEWAY_PLACEHOLDERS)}`,
        }));
      }),
    ),
  );
}

/** Every refusal must give every name that the body which it is said in asks for. */
function checkBodies(profile: Profile): Problem[] {
  const missing = new Map<string, { path: string[]; name: string; codes: RefusalCode[] }>();
  for (const code of Object.keys(REFUSALS) as RefusalCode[]) {
    const words = refusalWords(profile, code);
    const path = bodyPath(profile, code, words.status);
    for (const name of placeholdersOf(words.body)) {
      if (Object.hasOwn(words.fields, name) || isOneOf(GATEWAY_PLACEHOLDERS, name)) continue;
      const at = `${path.join('.')} ${name}`;
      const entry = missing.get(at) ?? { path, name, codes: [] };
      entry.codes.push(code);
      missing.set(at, entry);
    }
  }
  return [...missing.values()].map(({ path, name, codes }) => ({
    path,
    message: `{${name}} is not given by ${codesText(codes)}: give ${name} in errors.refusals or errors.fallback`,
  }));
}

function bodyPath(profile: Profile, code: RefusalCode, status: number): string[] {
  const { refusals, fallback } = profile.errors;
  if (refusals[code]?.body !== undefined) return ['errors', 'refusals', code, 'body'];
  for (const entry of [String(status), 'default']) {
    if (fallback[entry]?.body !== undefined) return ['errors', 'fallback', entry, 'body'];
  }
  return ['errors', 'body'];
}

function codesText(codes: readonly RefusalCode[]): string {
  if (codes.length === Object.keys(REFUSALS).length) return 'any refusal';
  const shown = codes.slice(0, 3).join(', ');
  return codes.length > 3 ? `${shown} and ${codes.length - 3} more refusals` : shown;
}

function checkHeaders(profile: Profile): Problem[] {
  const groups = [
    ['limits', profile.headers.limits, LIMIT_PLACEHOLDERS],
    ['limited', profile.headers.limited, ['retry_after']],
  ] as const;
  const silent = profile.headers.limitsOn === 'every' && Object.keys(profile.headers.limits).length === 0;
  const message = 'every answer cannot have limit headers while headers.limits names none';
  const problems: Problem[] = silent ? [{ path: ['headers', 'limitsOn'], message }] : [];
  const unknown = groups.flatMap(([group, headers, known]) =>
    Object.entries(headers).flatMap(([header, template]) =>
      unknownPlaceholders(placeholdersOf(template), known).map((name) => ({
        path: ['headers', group, header],
        message: `{${name}} is not known here; known are ${braced(known)}`,
      })),
    ),
  );
  return [...problems, ...unknown];
}

function unknownPlaceholders(names: ReadonlySet<string>, known: readonly string[]): string[] {
  return [...names].filter((name) => !isOneOf(known, name));
}

function isOneOf(known: readonly string[], name: string): boolean {
  return known.includes(name);
}

function braced(names: readonly string[]): string {
  return names.map((name) => `{${name}}`).join(', ');
}
