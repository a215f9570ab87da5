import { BODY_DIGITS } from '@gatehouse/key-domain/key-format';
import { type KeyPrefix, readPrefixes } from '@gatehouse/key-domain/key-prefix';
import type { Api, ImportedKeyForm } from './api.js';
import type { Path, Problem } from './problem.js';

/** Slugs of projects are `[a-z0-9-]{1,40}`. */
const SLUG_LENGTH_MAX = 40;

/** Texts that a form allows, as far as it matters here: what they begin with, and how long they are. */
interface Form {
  readonly name: string;
  readonly head: string;
  readonly lengthMin: number;
  readonly lengthMax: number;
}

/** No text may be a key of two forms of one API: which rule its digest follows would be a guess. */
export function checkImportedKeys(api: Api, path: Path): Problem[] {
  const native = readPrefixes(api.profile.key.prefixes).map(nativeForm);
  const imported = api.importedKeys.map(importedForm);
  return imported.flatMap((form, index) => {
    const other = [...native, ...imported.slice(0, index)].find((candidate) => overlap(form, candidate));
    if (other === undefined) return [];
    return [
      {
        path: [...path, 'importedKeys', index, 'prefix'],
        message: `a key of this form could not be told from ${other.name}: both the beginning and the length agree`,
      },
    ];
  });
}

function nativeForm({ environment, head, tail }: KeyPrefix): Form {
  const withoutSlug = head.length + (tail?.length ?? 0) + BODY_DIGITS;
  const [slugMin, slugMax] = tail === null ? [0, 0] : [1, SLUG_LENGTH_MAX];
  return {
    name: `a key of the environment ${environment}`,
    head,
    lengthMin: withoutSlug + slugMin,
    lengthMax: withoutSlug + slugMax,
  };
}

function importedForm({ prefix, length }: ImportedKeyForm, index: number): Form {
  return { name: `a key of importedKeys[${index}]`, head: prefix, lengthMin: length, lengthMax: length };
}

function overlap(one: Form, other: Form): boolean {
  const beginAlike = one.head.startsWith(other.head) || other.head.startsWith(one.head);
  return beginAlike && one.lengthMin <= other.lengthMax && other.lengthMin <= one.lengthMax;
}
