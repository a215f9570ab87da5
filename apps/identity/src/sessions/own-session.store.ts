import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import type { Origin } from '../origin.js';
import { isFresh, judgeSession, type Session } from './session.js';
import { findSessionById } from './sessions.store.js';

/** Somebody who changes the own account: the session in which it is asked, and where from. */
export interface Person {
  readonly accountId: string;
  readonly sessionId: string;
  readonly origin: Origin;
}

export type OwnSession =
  | { readonly kind: 'standing'; readonly session: Session }
  | { readonly kind: 'session_ended' }
  | { readonly kind: 'reauth_required' };

/**
 * Reads the session of a change again, in the transaction of that change: it cannot end before the change stands.
 * @param fresh whether its owner must have signed in lately.
 */
export async function findOwnSession(
  manager: EntityManager,
  person: Person,
  fresh: boolean,
  nowMs: number,
): Promise<OwnSession> {
  const locked = await rowsOf(manager, 'SELECT id FROM sessions WHERE id = $1 AND account_id = $2 FOR SHARE', [
    person.sessionId,
    person.accountId,
  ]);
  const session = locked.length === 0 ? undefined : await findSessionById(manager, person.sessionId);
  if (session === undefined || judgeSession(session, nowMs) === 'ended') return { kind: 'session_ended' };
  if (fresh && !isFresh(session, nowMs)) return { kind: 'reauth_required' };
  return { kind: 'standing', session };
}
