import { z } from 'zod';
import { contract } from './contract.js';
import { plainText } from './plain-text.js';

/**
 * Ends a key at the wish of whoever holds its secret; nobody else is asked. As with any revoke, no request that starts
 * after the answer is accepted anywhere. Doing it again answers the same, and keeps the first reason. A secret that was
 * rotated out is no longer one of the key, and ends nothing.
 */
export const selfRevokeKey = contract(
  'gatehouse.v1.keys.self-revoke',
  z.strictObject({
    /** Of the secret, as the hot path has it, in hexadecimal. */
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    reason: plainText.max(200).optional(),
    address: z.string(),
    requestId: z.string(),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('revoked'),
      keyId: z.string(),
      revokedAt: z.iso.datetime(),
      revocationReason: z.string().nullable(),
    }),
    z.strictObject({ kind: z.literal('unknown') }),
    z.strictObject({ kind: z.literal('secret_retired') }),
  ]),
);
