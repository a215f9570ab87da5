import type { Api } from '@gatehouse/catalog/api';
import type { Actor } from '@gatehouse/contracts/actor';
import { readRange } from '@gatehouse/key-domain/allowed-addresses';
import { expandScopes } from '@gatehouse/key-domain/expand-scopes';
import { type KeyPrefix, readPrefixes } from '@gatehouse/key-domain/key-prefix';
import { grantRules } from './out-of-reach.js';

const DAY_MS = 86_400_000;

/** One part of a request about a key, read; or why it cannot be. */
export type Read<Value, Code extends string> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'refused'; readonly code: Code; readonly field: string; readonly message: string };

type ScopeCode = 'unknown_scope' | 'unknown_role' | 'permission_denied';

/** The exact scopes that somebody asks for at an API; see expandScopes. */
export function readScopes(
  asked: { readonly scopes: readonly string[]; readonly roles: readonly string[] },
  api: Api,
  actor: Actor,
): Read<readonly string[], ScopeCode> {
  const { profile } = api;
  const expanded = expandScopes(asked, { ...grantRules(actor, api), groups: profile.roles });
  if (expanded.kind === 'expanded') return { kind: 'read', value: expanded.scopes };
  const { code, name } = expanded;
  const message = {
    unknown_scope: `This API has the scopes ${Object.keys(profile.scopes).join(', ')} only.`,
    unknown_role: `This API has the roles ${Object.keys(profile.roles).join(', ') || '(none)'} only.`,
    permission_denied: `You may not grant the scope ${name}.`,
  }[code];
  return { kind: 'refused', code, field: code === 'unknown_role' ? 'roles' : 'scopes', message };
}

/** The environment of a new key: the first of the API's where none is asked for. */
export function readEnvironment(environment: string | undefined, api: Api): Read<KeyPrefix, 'unknown_environment'> {
  const prefixes = readPrefixes(api.profile.key.prefixes).filter(
    (prefix) => api.environments?.includes(prefix.environment) ?? true,
  );
  const value = environment === undefined ? prefixes[0] : prefixes.find((prefix) => prefix.environment === environment);
  if (value !== undefined) return { kind: 'read', value };
  const message = `This API has the environments ${prefixes.map((prefix) => prefix.environment).join(', ')} only.`;
  return { kind: 'refused', code: 'unknown_environment', field: 'environment', message };
}

/** Addresses and ranges, each once, in the form in which they are kept. */
export function readAddresses(texts: readonly string[]): Read<readonly string[], 'invalid_address'> {
  const ranges = new Set<string>();
  for (const text of texts) {
    const range = readRange(text);
    if (range === undefined) {
      const message = `${text} is no address and no CIDR range, or has bits set beyond its prefix.`;
      return { kind: 'refused', code: 'invalid_address', field: 'allowedAddresses', message };
    }
    ranges.add(range);
  }
  return { kind: 'read', value: [...ranges] };
}

/** When a key ends [E8]: in so many days, at a moment, or never; a moment that is over is refused. */
export function readExpiry(
  asked: { readonly expiresAt?: string | null | undefined; readonly expiresInDays?: number | undefined },
  nowMs: number,
): Read<number | null, 'invalid_expiry'> {
  const { expiresAt, expiresInDays } = asked;
  const refuse = (field: string, message: string) =>
    ({ kind: 'refused', code: 'invalid_expiry', field, message }) as const;
  if (expiresAt != null && expiresInDays !== undefined) {
    return refuse('expiresInDays', 'Give the days until expiry or its moment, not both.');
  }
  if (expiresInDays !== undefined) return { kind: 'read', value: nowMs + expiresInDays * DAY_MS };
  if (expiresAt == null) return { kind: 'read', value: null };
  const atMs = Date.parse(expiresAt);
  if (!(atMs > nowMs)) return refuse('expiresAt', 'The moment of expiry must be in the future.');
  return { kind: 'read', value: atMs };
}
