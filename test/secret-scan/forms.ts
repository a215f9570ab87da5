import { createHash } from 'node:crypto';

/** A secret as it could be written somewhere. */
export interface Form {
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether who has it has the secret's SHA-256 only. */
  readonly isDigest: boolean;
}

/** Characters of a part that gives a secret away: about 95 bits, or 80 in base 32. */
const PART = 16;

/**
 * The forms in which a secret is looked for: as it is, in parts (something that was cut), in base64 at any offset
 * inside something larger, in hexadecimal, as a list of bytes, and its SHA-256.
 */
export function formsOf(value: string): readonly Form[] {
  const raw = Buffer.from(value);
  const digest = createHash('sha256').update(raw).digest();
  // The end of a key or token: its beginning says what kind it is, and its last four characters are shown.
  const end = value.slice(-49);
  const forms: readonly (readonly [string, readonly (string | Buffer)[], boolean])[] = [
    ['as it is', [value, value.toUpperCase(), value.toLowerCase()], false],
    ['a part of it', [0, PART + 8].map((at) => end.slice(at, at + PART)).filter((part) => part.length === PART), false],
    ['base64', [0, 1, 2].map((offset) => base64Inside(raw, offset)).flatMap(bothAlphabets), false],
    ['hexadecimal', [raw.toString('hex'), raw.toString('hex').toUpperCase()], false],
    ['a list of bytes', [[...raw].join(','), [...raw].join(', ')], false],
    ['SHA-256', [digest], true],
    ['SHA-256 in base64', bothAlphabets(digest.toString('base64').replace('=', '')), true],
    ['SHA-256 in hexadecimal', [digest.toString('hex'), digest.toString('hex').toUpperCase()], true],
    ['SHA-256 as a list of bytes', [[...digest].join(','), [...digest].join(', ')], true],
  ];
  return forms.flatMap(([name, writings, isDigest]) => {
    const distinct = new Map(writings.map((writing) => [String(writing), Buffer.from(writing as string)]));
    return [...distinct.values()].map((bytes) => ({ name, bytes, isDigest }));
  });
}

/** What base64 of something larger shows of these bytes, where they begin at this offset (modulo 3) in it. */
function base64Inside(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const isCut = (offset + bytes.length) % 3 !== 0;
  return text.slice(Math.ceil((offset * 8) / 6), isCut ? -1 : undefined);
}

function bothAlphabets(base64: string): string[] {
  return [base64, base64.replaceAll('+', '-').replaceAll('/', '_')];
}
