import { z } from 'zod';
import { isEmailAddress, normaliseEmail } from '../accounts/email.js';
import { plainName, type Vouched } from './provider.js';

const claimsSchema = z.object({
  /** At most 255 ASCII characters (OpenID Connect Core section 2); compared as it is. */
  sub: z.string().regex(/^[\x20-\x7e]{1,255}$/),
  email: z.string().optional().catch(undefined),
  /** Only the truth value counts: some providers write a text, which anybody may have had a hand in. */
  email_verified: z.unknown().optional(),
  name: z.string().optional().catch(undefined),
});

/**
 * Reads the claims of an ID token that has been checked, or of the userinfo endpoint for the same subject.
 * @throws z.ZodError where the subject is not one
 */
export function readSsoProfile(issuer: string, claims: unknown): Vouched {
  const { sub, email: text, email_verified: isVerified, name } = claimsSchema.parse(claims);
  const email = text === undefined || isVerified !== true ? null : normaliseEmail(text);
  return {
    provider: 'sso',
    issuer,
    subject: sub,
    email: email !== null && isEmailAddress(email) ? email : null,
    name: plainName(name),
  };
}
