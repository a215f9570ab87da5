import { createHmac } from 'node:crypto';

/** The CSRF token of a session: whoever does not know the key cannot make it, and no other session has it. */
export function csrfToken(key: Buffer, sessionId: string): string {
  return createHmac('sha256', key).update(sessionId).digest('base64url');
}
