import { type EmailAddress, isEmailAddress, normaliseEmail } from '../accounts/email.js';
import { clientSubject } from '../limits/allowance.js';
import type { Origin } from '../origin.js';

/** A mail that anybody can ask for, whoever the address belongs to. */
export type AskedMail = 'password_reset' | 'verification';

export type AskOutcome =
  | { readonly kind: 'asked' }
  | { readonly kind: 'email_invalid' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number };

export interface AskPorts {
  nowMs(): number;
  /** Takes one of the mails that a client may ask for; the seconds to wait where none is left. */
  takeAskedMail(client: Buffer, nowMs: number): Promise<number | undefined>;
  noteAskedMail(kind: AskedMail, email: EmailAddress, origin: Origin, nowMs: number): Promise<void>;
}

/**
 * Notes down that somebody asks for a mail. Whether the address is known is looked up afterwards, by the job that sends
 * it: neither the answer nor its time depends on that [H-035, H-036].
 */
export async function askForMail(
  kind: AskedMail,
  request: { readonly email: string; readonly origin: Origin },
  ports: AskPorts,
): Promise<AskOutcome> {
  const email = normaliseEmail(request.email);
  if (!isEmailAddress(email)) return { kind: 'email_invalid' };
  const nowMs = ports.nowMs();
  const retryAfterSeconds = await ports.takeAskedMail(clientSubject(request.origin.address), nowMs);
  if (retryAfterSeconds !== undefined) return { kind: 'too_many_attempts', retryAfterSeconds };
  await ports.noteAskedMail(kind, email, request.origin, nowMs);
  return { kind: 'asked' };
}
