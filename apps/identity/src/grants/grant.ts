import type { Session } from '../sessions/session.js';

/** How long a refresh token is good for, each one anew: so long nobody need use the grant [A8]. */
const REFRESH_IDLE_SECONDS = 30 * 24 * 60 * 60;
/** How long a grant lives at most, however often it is refreshed (ASVS 10.4.8). */
export const GRANT_SECONDS = 90 * 24 * 60 * 60;

/** What a session is for that a program has, and who may refresh it. The session is the family of its refresh tokens. */
export interface Grant {
  readonly session: Session;
  /** The API whose tokens it gives. */
  readonly api: string;
  readonly clientId: string;
  /** The organization that it acts for; null: the first one of the account. */
  readonly organizationId: string | null;
}

/** When a refresh token that is made now is over. */
export function refreshExpiry(absoluteExpiresAtMs: number, nowMs: number): number {
  return Math.min(nowMs + REFRESH_IDLE_SECONDS * 1_000, absoluteExpiresAtMs);
}
