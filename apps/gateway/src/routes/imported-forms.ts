import { createHmac } from 'node:crypto';
import type { Api } from '@gatehouse/catalog/api';
import { digestKey } from '@gatehouse/key-domain/key-digest';

/** Name -> secret, of the former systems whose keys go on working. */
export type ImportPeppers = ReadonlyMap<string, Buffer>;

/** One form of the keys that a former system issued, ready to be compared with what clients send. */
export interface ImportedForm {
  readonly prefix: string;
  /** In characters, the prefix included. */
  readonly length: number;
  readonly algorithm: 'sha256' | 'hmac-sha256';
  /** What the former system kept of such a key. */
  readonly digest: (secret: string) => Buffer;
}

/** @throws Error where a form names a pepper that is not there: its keys could never be found. */
export function importedForms(api: Api, peppers: ImportPeppers): readonly ImportedForm[] {
  return api.importedKeys.map(({ prefix, length, digest: algorithm, pepper }) => {
    if (algorithm === 'sha256') return { prefix, length, algorithm, digest: digestKey };
    const secret = peppers.get(pepper ?? '');
    if (secret === undefined) {
      throw new Error(`IMPORT_PEPPERS: has no ${pepper}, which importedKeys of the API ${api.name} names`);
    }
    return { prefix, length, algorithm, digest: (key) => createHmac('sha256', secret).update(key).digest() };
  });
}

/** The form that a secret has; its characters are those that fit into a header (RFC 9110 section 5.6.2), without commas. */
export function importedFormOf(secret: string, forms: readonly ImportedForm[]): ImportedForm | undefined {
  const form = forms.find(({ prefix, length }) => secret.length === length && secret.startsWith(prefix));
  return form !== undefined && /^[\x21-\x2b\x2d-\x7e]+$/.test(secret) ? form : undefined;
}
