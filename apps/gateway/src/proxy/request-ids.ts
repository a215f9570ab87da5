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
  return () => {
    let digits = '';
    for (let rest = ++count; digits.length < 8; rest = Math.floor(rest / 62)) digits = LETTERS[rest % 62] + digits;
    return start + digits;
  };
}
