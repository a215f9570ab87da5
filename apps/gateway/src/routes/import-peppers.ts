import type { ImportPeppers } from './imported-forms.js';

/** `name=base64`, in either alphabet of base64, with or without padding. */
const ENTRY = /^\s*([A-Za-z][A-Za-z0-9_-]{0,63})=([A-Za-z0-9+/_-]{2,}={0,2})\s*$/;

/** Reads `name=base64,name=base64`. @returns undefined where it is not that, names one twice, or has an empty secret. */
export function readImportPeppers(text: string): ImportPeppers | undefined {
  const peppers = new Map<string, Buffer>();
  for (const entry of text.split(',')) {
    const [, name, base64] = ENTRY.exec(entry) ?? [];
    if (name === undefined || base64 === undefined || peppers.has(name)) return undefined;
    const secret = Buffer.from(base64, 'base64');
    // What Node would silently leave out would be another pepper than the one that is meant.
    if (secret.toString('base64url') !== base64.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')) {
      return undefined;
    }
    peppers.set(name, secret);
  }
  return peppers;
}
