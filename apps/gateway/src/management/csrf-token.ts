import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether the X-CSRF-Token header is the token of this session. Takes the same time whatever was sent. */
export function isCsrfTokenOf(sessionToken: string, sent: unknown): boolean {
  if (typeof sent !== 'string' || sent === '' || sessionToken === '') return false;
  return timingSafeEqual(digest(sent), digest(sessionToken));
}

function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
