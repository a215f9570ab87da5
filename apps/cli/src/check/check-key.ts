import type { Api } from '@gatehouse/catalog/api';
import { BODY_DIGITS } from '@gatehouse/key-domain/key-format';
import { readPrefixes } from '@gatehouse/key-domain/key-prefix';
import { readKeyShape } from '@gatehouse/key-domain/parse-key';

/** Whose form a key has. */
export interface KeyMatch {
  /** Null: only its prefix is known. */
  readonly api: string | null;
  readonly profile: string | null;
  /** Null: its form does not tell. */
  readonly environment: string | null;
  readonly prefix: string;
  /** False for keys of a former system: they have the prefix and the length, and no check digits of ours. */
  readonly checked: boolean;
}

/** What prefixes of keys look like (profiles/README.md). */
const PREFIX = /^[a-z][a-z0-9]*([_-]+[a-z0-9]+)*[_-]$/;

/** Every API whose keys look like this one: by check digits, or by the form of keys that it has imported. */
export function matchKey(key: string, apis: readonly Api[]): KeyMatch[] {
  return apis.flatMap(({ name: api, profile, importedKeys }): KeyMatch[] => {
    const shape = readKeyShape(key, readPrefixes(profile.key.prefixes));
    if (shape.kind === 'key') {
      const { environment } = shape;
      return [{ api, profile: profile.name, environment, prefix: key.slice(0, -BODY_DIGITS), checked: true }];
    }
    const form = importedKeys.find(({ prefix, length }) => key.startsWith(prefix) && key.length === length);
    if (form === undefined || !/^[\x21-\x7e]+$/.test(key)) return [];
    return [{ api, profile: profile.name, environment: null, prefix: form.prefix, checked: false }];
  });
}

/** Whether its check digits are right, for a key of which nothing is known, or only what it may begin with. */
export function matchPrefix(key: string, prefixes: readonly string[]): KeyMatch[] {
  const begins = key.slice(0, -BODY_DIGITS);
  const known = prefixes.length === 0 ? [begins].filter((prefix) => PREFIX.test(prefix)) : prefixes;
  const shapes = readPrefixes(Object.fromEntries(known.map((prefix) => [prefix, prefix])));
  if (readKeyShape(key, shapes).kind === 'malformed') return [];
  return [{ api: null, profile: null, environment: null, prefix: begins, checked: true }];
}
