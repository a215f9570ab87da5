import { randomBytes } from 'node:crypto';
import type { ProviderName } from './provider.js';

/** How long somebody may take at a provider. */
export const ROUND_TRIP_SECONDS = 600;

/** A person has gone to a provider and is to come back, once, in the same browser [O-01]. */
export interface RoundTrip {
  readonly provider: ProviderName;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
  /** Of the ID token; GitHub has none. */
  readonly nonce: string | null;
  /** Who asked to have an identity linked; null: somebody wants to sign in. */
  readonly linker: { readonly accountId: string; readonly sessionId: string } | null;
}

/** 256 random bits, for state, nonce and the like [H-063]. */
export function newUnguessable(): string {
  return randomBytes(32).toString('base64url');
}
