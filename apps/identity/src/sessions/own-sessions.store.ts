import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { endAccess } from './end-access.store.js';
import { findOwnSession, type Person } from './own-session.store.js';
import type { Session } from './session.js';
import { endSession, standingSessionsOf } from './sessions.store.js';

/** Either what was asked for, or that the session in which it was asked has ended. */
export type InOwnSession<Value> = Value | 'session_ended';

/** The standing sessions of who asks, the latest activity first. */
export function listOwnSessions(
  manager: EntityManager,
  person: Person,
  nowMs: number,
): Promise<InOwnSession<readonly Session[]>> {
  return manager.transaction(async (inside) => {
    const own = await findOwnSession(inside, person, false, nowMs);
    return own.kind === 'standing' ? standingSessionsOf(inside, person.accountId, nowMs) : 'session_ended';
  });
}

/**
 * Ends sessions of who asks: one, or all but the one in which it is asked.
 * @returns how many stood until now, or that there is no such session of this account.
 */
export function endOwnSessions(
  dataSource: DataSource,
  person: Person,
  sessions: 'others' | { readonly id: string },
  nowMs: number,
): Promise<InOwnSession<number | 'not_found'>> {
  const { accountId, origin } = person;
  return inTransaction(dataSource, async (manager) => {
    const own = await findOwnSession(manager, person, false, nowMs);
    if (own.kind !== 'standing') return 'session_ended';
    if (sessions === 'others') {
      const reason = 'ended_by_owner';
      return endAccess(manager, { accountId, exceptSessionId: person.sessionId, reason, origin, nowMs });
    }
    const found = await rowsOf(manager, 'SELECT 1 FROM sessions WHERE id = $1 AND account_id = $2', [
      sessions.id,
      accountId,
    ]);
    if (found.length === 0) return 'not_found';
    return (await endSession(manager, sessions.id, 'ended_by_owner', origin, nowMs)) ? 1 : 0;
  });
}
