/**
 * How a key is shown after its creation: prefix, dots, last four characters, as `ex_live_...AbCd` [E3]. The last four
 * are check digits, so that nothing of the random part is given away beyond what they say.
 */
export function displayKey(prefix: string, secret: string): string {
  return `${prefix}...${secret.slice(-4)}`;
}
