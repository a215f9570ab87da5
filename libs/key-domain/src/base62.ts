const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Value of each ASCII character as a base62 digit; 255: none. */
const DIGITS = new Uint8Array(128).fill(255);
for (let digit = 0; digit < ALPHABET.length; digit++) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

/**
 * Writes a number in base62 with leading zeros: every number below 62^`width` has exactly one form, so no bit is lost
 * and none is favoured.
 * @throws RangeError where the number needs more digits.
 */
export function writeBase62(value: bigint, width: number): string {
  let text = '';
  let rest = value;
  for (let position = 0; position < width; position++) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  if (rest !== 0n) throw new RangeError(`the number does not fit into ${width} base62 digits`);
  return text;
}

/** The value of one character (given as its UTF-16 code) as a base62 digit; 255: it is none. */
export function base62Digit(code: number): number {
  return code < 128 ? (DIGITS[code] as number) : 255;
}
