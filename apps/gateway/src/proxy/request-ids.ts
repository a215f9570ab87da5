const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Names requests: `req_` and 22 base62 digits. The first 14 are random for each process, the others count, so that a
 * name costs no random number and never comes twice.
 * @param random 14 bytes.
 */
export function requestIds(random: Uint8Array): () => string {
  let start = 'req_';
  for (const byte of random.subarray(0, 14)) start += LETTERS[byte % 62];
  let count = 0;
  let head = '';
  return () => {
    const last = ++count % PAIRS.length;
    if (last === 0 || head === '') head = start + digitsOf(Math.floor(count / PAIRS.length), 6);
    return head + PAIRS[last];
  };
}

/** The last two digits, which change with each request; those before them rarely do. */
const PAIRS = Array.from({ length: LETTERS.length ** 2 }, (_, number) => digitsOf(number, 2));

function digitsOf(number: number, length: number): string {
  let digits = '';
  for (let rest = number; digits.length < length; rest = Math.floor(rest / 62)) digits = LETTERS[rest % 62] + digits;
  return digits;
}
