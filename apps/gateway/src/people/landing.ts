import type { FederationOutcome } from '@gatehouse/contracts/federation';

type Refused = Extract<FederationOutcome, { kind: 'refused' }>;

/** Where a browser lands after a sign-in with a provider: addresses of our own, all fixed [H-071]. */
export const HOME = '/';
const SIGN_IN = '/sign-in';
export const LINKED = '/?linked=1';

/** The page that says why; the code is one of ours, never a word of the provider's [H-073]. */
export function refusedPage(code: Refused['code'] | 'account_disabled' | 'too_many_attempts'): string {
  return `${SIGN_IN}?error=${code}`;
}

/** The page that asks for the second factor: the challenge is in the fragment, which no browser sends to any server. */
export function secondFactorPage(challenge: string, methods: readonly string[]): string {
  return `${SIGN_IN}#second_factor=${encodeURIComponent(challenge)}&methods=${methods.join(',')}`;
}

/** The page on which somebody chooses how to sign in. */
export const CHOOSE = SIGN_IN;
