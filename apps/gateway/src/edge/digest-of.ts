import { digestKey } from '@gatehouse/key-domain/key-digest';
import { readKeyShape } from '@gatehouse/key-domain/parse-key';
import { importedFormOf } from '../routes/imported-forms.js';
import type { PublishedApi } from '../routes/published-api.js';

/**
 * What stands for a secret outside of the gateway: SHA-256 of a key of ours; of a key that a former system issued, what
 * that system kept of it.
 * @returns undefined where no key of this API can look so.
 */
export function digestOf(
  secret: string,
  { keyPrefixes, importedForms }: Pick<PublishedApi, 'keyPrefixes' | 'importedForms'>,
): Buffer | undefined {
  if (readKeyShape(secret, keyPrefixes).kind === 'key') return digestKey(secret);
  return importedFormOf(secret, importedForms)?.digest(secret);
}
