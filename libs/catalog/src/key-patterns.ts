import { BODY_DIGITS } from '@gatehouse/key-domain/key-format';
import { type KeyPrefix, readPrefixes } from '@gatehouse/key-domain/key-prefix';
import type { Api } from './api.js';

/** One form that keys have, under a name that scanners can report it by. */
export interface KeyPattern {
  /** API and environment, with a hyphen between them. */
  readonly name: string;
  readonly prefix: KeyPrefix;
}

/** The forms of the published APIs' keys. A prefix that several APIs share is there once, under the first one's name. */
export function keyPatterns(apis: readonly Pick<Api, 'name' | 'profile'>[]): KeyPattern[] {
  const patterns = new Map<string, KeyPattern>();
  for (const { name, profile } of apis) {
    for (const prefix of readPrefixes(profile.key.prefixes)) {
      const expression = keyExpression(prefix);
      if (!patterns.has(expression)) patterns.set(expression, { name: `${name}-${prefix.environment}`, prefix });
    }
  }
  return [...patterns.values()];
}

/**
 * A regular expression that every key with this prefix matches: the same in JavaScript and in RE2, which gitleaks,
 * TruffleHog and GitHub use. It cannot tell whether the check digits are right.
 */
export function keyExpression({ head, tail }: KeyPrefix): string {
  const slug = tail === null ? '' : `[a-z0-9-]{1,40}${tail}`;
  return `${head}${slug}[0-9A-Za-z]{${BODY_DIGITS}}`;
}
