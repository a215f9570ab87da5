import type { Api } from '@gatehouse/catalog/api';
import { readPrefixes } from '@gatehouse/key-domain/key-prefix';
import { digestOf } from '../edge/digest-of.js';
import { type ImportPeppers, importedForms } from '../routes/imported-forms.js';

/**
 * What a text that was found somewhere may be looked up by: more than one thing where it may be a key of several former
 * systems; nothing where no API that is published here has such keys.
 */
export type DigestsOfReported = (token: string) => readonly Buffer[];

/** Reads the form of a key offline, so that nothing of what cannot be one leaves the gateway. */
export function digestsOfReported(apis: readonly Api[], peppers: ImportPeppers): DigestsOfReported {
  const forms = apis.map((api) => ({
    keyPrefixes: readPrefixes(api.profile.key.prefixes),
    importedForms: importedForms(api, peppers),
  }));
  return (token) => {
    const digests = new Map<string, Buffer>();
    for (const form of forms) {
      const digest = digestOf(token, form);
      if (digest !== undefined) digests.set(digest.toString('latin1'), digest);
    }
    return [...digests.values()];
  };
}
