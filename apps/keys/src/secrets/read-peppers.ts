import { DERIVED_PEPPER, type Pepper } from './peppers.js';

export type PeppersRead =
  | { readonly kind: 'peppers'; readonly peppers: readonly Pepper[] }
  /** Says what is wrong, and shows nothing of a pepper. */
  | { readonly kind: 'unreadable'; readonly message: string };

const BYTES_MIN = 32;
const HEX = /^[0-9a-f]+$/i;
const BASE64 = /^[0-9a-z+/_-]+={0,2}$/i;

/** Rows hold the number as PostgreSQL's smallint. */
const VERSION_MAX = 32_767;

/**
 * Reads peppers that are written as `2=<pepper>,3=<pepper>`, or one on each line; each as base64 (of either alphabet) or
 * hex. What could be hex is hex: no base64 text of 32 random bytes looks like it.
 */
export function readPeppers(text: string): PeppersRead {
  const peppers: Pepper[] = [];
  for (const entry of text.split(/[,\n]/).map((part) => part.trim())) {
    const [, number = '', written = ''] = /^([1-9]\d{0,4})=(.+)$/.exec(entry) ?? [];
    const version = Number(number);
    if (number === '' || version > VERSION_MAX) return unreadable('must be written as 2=<pepper>,3=<pepper>');
    if (version === DERIVED_PEPPER) return unreadable('pepper 1 is derived from GATEHOUSE_SECRET; begin with 2');
    if (peppers.some((other) => other.version === version)) return unreadable(`names pepper ${version} twice`);
    const secret = readBytes(written);
    if (secret === undefined || secret.length < BYTES_MIN) {
      return unreadable(`pepper ${version} must be at least 32 bytes as base64 or hex (openssl rand -base64 32)`);
    }
    if (new Set(secret).size < 8) return unreadable(`pepper ${version} is too easy to guess`);
    const same = peppers.find((other) => other.secret.equals(secret));
    if (same !== undefined) return unreadable(`pepper ${version} is the same as pepper ${same.version}`);
    peppers.push({ version, secret });
  }
  return { kind: 'peppers', peppers };
}

function readBytes(written: string): Buffer | undefined {
  if (HEX.test(written)) return written.length % 2 === 0 ? Buffer.from(written, 'hex') : undefined;
  return BASE64.test(written) ? Buffer.from(written, 'base64') : undefined;
}

function unreadable(message: string): PeppersRead {
  return { kind: 'unreadable', message };
}
