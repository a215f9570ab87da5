import { hkdfSync } from 'node:crypto';

/**
 * Derives one purpose's 256-bit secret from the root secret (HKDF-SHA-256, RFC 5869).
 * Two purposes share nothing: who learns one derived secret learns nothing about another.
 */
export function deriveSecret(rootSecret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', rootSecret, 'gatehouse/v1', purpose, 32));
}
