import type { Api, ImportedKeyForm } from '@gatehouse/catalog/api';
import { PROJECT_SLUG } from '@gatehouse/key-domain/key-prefix';

/** No key of any form is longer: so far behind its end a text that is to be cut has to be looked at. */
export const REDACTED_LENGTH_MAX = 256;

/**
 * How many digits after a key's prefix make a secret of it. A whole key has 49; with less than 32 there are still 65 bits
 * to guess. So a key that was cut short is taken out too, as long as what is left would tell most of it.
 */
const SECRET_DIGITS = 32;

/**
 * Makes what takes keys out of paths and user agents: their prefix stays, all behind it goes.
 * @param apis whose keys these are, their imported forms included
 */
export function keyRedactor(apis: readonly Pick<Api, 'profile' | 'importedKeys'>[]): (text: string) => string {
  const native = apis.flatMap(({ profile }) => Object.values(profile.key.prefixes).map(nativeForm));
  const imported = apis.flatMap(({ importedKeys }) => importedKeys.map(importedForm));
  const forms = [...new Set([...native, ...imported])];
  if (forms.length === 0) return (text) => text;
  const keys = new RegExp(forms.join('|'), 'g');
  return (text) => text.replace(keys, (_key, ...groups) => `${groups.find((group) => group !== undefined)}[redacted]`);
}

function nativeForm(prefix: string): string {
  const beginning = prefix.split(PROJECT_SLUG).map(literal).join('[a-z0-9-]{1,40}');
  return `(${beginning})[0-9A-Za-z]{${SECRET_DIGITS},}`;
}

/** Only whole ones where nothing else tells them from other texts. A slash ends a segment of a path. */
function importedForm({ prefix, length }: ImportedKeyForm): string {
  const rest = length - prefix.length;
  return `(${literal(prefix)})[!-.0-~]{${prefix === '' ? rest : Math.ceil(rest * 0.75)},}`;
}

function literal(text: string): string {
  return text.replace(/[^0-9A-Za-z]/g, '\\$&');
}
