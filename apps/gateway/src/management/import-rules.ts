import type { Api } from '@gatehouse/catalog/api';
import { displayKey } from '@gatehouse/key-domain/display-key';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { BODY_DIGITS } from '@gatehouse/key-domain/key-format';
import { readPrefixes } from '@gatehouse/key-domain/key-prefix';
import { readKeyShape } from '@gatehouse/key-domain/parse-key';
import { type ImportPeppers, importedFormOf, importedForms } from '../routes/imported-forms.js';

/** What has to be known of an API to import keys of a former system. */
export interface ImportRules {
  /** How a key is looked up when it is presented, and how it is shown; undefined: no key of this API looks so. */
  readonly readKey: (key: string) => PresentedKey | undefined;
  /** Whether keys of some form are looked up by hashes of this algorithm. */
  readonly finds: (algorithm: 'sha256' | 'hmac-sha256') => boolean;
  /** How a key is shown of which only the hash is known. */
  readonly displayOfHash: string;
}

export interface PresentedKey {
  readonly digest: Buffer;
  readonly display: string;
  /** Null: its form does not tell. */
  readonly environment: string | null;
}

/** @throws Error where a form names a pepper that is not there */
export function importRules(api: Api, peppers: ImportPeppers): ImportRules {
  const prefixes = readPrefixes(api.profile.key.prefixes);
  const forms = importedForms(api, peppers);
  const [onlyForm] = forms.length === 1 ? forms : [];
  return {
    readKey: (key) => {
      const shape = readKeyShape(key, prefixes);
      if (shape.kind === 'key') {
        const display = displayKey(key.slice(0, -BODY_DIGITS), key);
        return { digest: digestKey(key), display, environment: shape.environment };
      }
      const form = importedFormOf(key, forms);
      return form && { digest: form.digest(key), display: displayKey(form.prefix, key), environment: null };
    },
    // Keys of our own form are always looked up by SHA-256.
    finds: (algorithm) => algorithm === 'sha256' || forms.some((form) => form.algorithm === algorithm),
    displayOfHash: `${onlyForm?.prefix ?? ''}...`,
  };
}
