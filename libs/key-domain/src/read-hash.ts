/** How a hash of 32 bytes may be written down. */
export type HashEncoding = 'hex' | 'base64';

/**
 * Reads a hash of 32 bytes: hexadecimal in either case; base64 in either alphabet (RFC 4648 sections 4 and 5), with or
 * without its padding.
 * @returns undefined where it is none, or where it has bits that would be lost: then it is not what it seems.
 */
export function readHash(encoding: HashEncoding, text: string): Buffer | undefined {
  if (encoding === 'hex') return /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined;
  if (!/^[A-Za-z0-9+/]{43}=?$|^[A-Za-z0-9_-]{43}=?$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64url') === plain(text) ? bytes : undefined;
}

function plain(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace('=', '');
}
