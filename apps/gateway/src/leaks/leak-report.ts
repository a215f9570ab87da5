import { hash } from 'node:crypto';
import { LEAK_URL_LENGTH_MAX, type Leak } from '@gatehouse/contracts/leaks';
import { z } from 'zod';

/** More than the body's size lets through with the addresses that GitHub sends. */
const MATCHES_MAX = 20_000;

/** What GitHub sends of one match. Fields that it may add one day are none of our business, so they are no error. */
const matchSchema = z.object({
  token: z.string().min(1),
  type: z.string(),
  url: z.string().nullish(),
  source: z.string().nullish(),
});
export type LeakMatch = z.infer<typeof matchSchema>;

/** A report of GitHub's secret scanning: one object for each place where something like a key was found. */
export const leakReport = z.array(matchSchema).max(MATCHES_MAX, `may have at most ${MATCHES_MAX} entries`);

/** What `keys` is told of a match: never the key. Texts are cut and stripped of what a terminal or a page could obey. */
export function leakOf({ token, type, url, source }: LeakMatch, digest: Buffer): Leak {
  return {
    digest: digest.toString('base64'),
    source: plain(masked(source ?? 'unknown', token), 64),
    url: publicUrl(masked(url ?? '', token), token),
    type: plain(masked(type, token), 200),
  };
}

function masked(text: string, token: string): string {
  return text.replaceAll(token, '***');
}

/**
 * What GitHub learns of each match, in its order. The token comes back as its hash, not as it is (the protocol takes
 * either): this answer passes proxies and logs of ours, and must be of no use to whoever reads it there.
 */
export function feedbackOn(matches: readonly LeakMatch[], known: readonly boolean[]) {
  return matches.map(({ token, type }, place) => ({
    token_hash: hash('sha256', token, 'hex'),
    token_type: type,
    label: known[place] === true ? 'true_positive' : 'false_positive',
  }));
}

/** Cut first: half of a surrogate pair that is left over goes with the control characters. */
function plain(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).replace(/[\p{Cc}\p{Cs}]/gu, '');
}

/** An address that people may be shown as a link; empty where it is none, or would show the key. */
function publicUrl(url: string, token: string): string {
  if (!URL.canParse(url)) return '';
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return '';
  parsed.username = '';
  parsed.password = '';
  return decoded(parsed.href).includes(token) ? '' : plain(parsed.href, LEAK_URL_LENGTH_MAX);
}

function decoded(url: string): string {
  return url.replace(/%[2-7][0-9a-f]/gi, (sign) => String.fromCharCode(Number.parseInt(sign.slice(1), 16)));
}
