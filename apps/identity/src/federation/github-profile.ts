import { z } from 'zod';
import { type EmailAddress, isEmailAddress, normaliseEmail } from '../accounts/email.js';
import { plainName, type Vouched } from './provider.js';

const userSchema = z.object({
  id: z.number().int().positive(),
  name: z.string().nullish(),
  login: z.string().min(1),
});
const emailsSchema = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() })).max(1_000);

/** GitHub gives these out where somebody keeps the own address private: no mail goes there. */
const NO_REPLY_DOMAIN = /@users\.noreply\.github\.com$/;

/**
 * Reads GitHub's `GET /user` and `GET /user/emails`. The only address that counts is the primary one, where GitHub has
 * verified it; the address of the public profile is anybody's claim [O-06, H-066].
 * @param issuer origin of this GitHub: the numbers of another one are other people
 * @throws z.ZodError where an answer is not what GitHub documents
 */
export function readGithubProfile(issuer: string, user: unknown, emails: unknown): Vouched {
  const { id, name, login } = userSchema.parse(user);
  return {
    provider: 'github',
    issuer,
    subject: String(id),
    email: verifiedPrimary(emailsSchema.parse(emails)),
    name: plainName(name ?? login),
  };
}

function verifiedPrimary(emails: z.infer<typeof emailsSchema>): EmailAddress | null {
  const [primary, second] = emails.filter((email) => email.primary);
  if (primary === undefined || second !== undefined || !primary.verified) return null;
  const email = normaliseEmail(primary.email);
  return isEmailAddress(email) && !NO_REPLY_DOMAIN.test(email.lookup) ? email : null;
}
