import type { DataSource, EntityManager } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Origin } from '../origin.js';
import { SessionEntity } from './session.entity.js';
import { ABSOLUTE_SECONDS, EXTEND_EVERY_SECONDS, idleEnd, type Session } from './session.js';

/** Writes a new session, with its audit entry, in the caller's transaction. */
export async function addSession(manager: EntityManager, session: Session, tokenHash: Buffer): Promise<void> {
  const startedAtMs = session.absoluteExpiresAtMs - ABSOLUTE_SECONDS * 1_000;
  await manager.insert(SessionEntity, {
    id: session.id,
    accountId: session.account.id,
    tokenHash,
    createdAt: new Date(startedAtMs),
    lastSeenAt: new Date(session.lastSeenAtMs),
    expiresAt: new Date(session.expiresAtMs),
    absoluteExpiresAt: new Date(session.absoluteExpiresAtMs),
    endedAt: null,
    address: session.origin.address,
    userAgent: session.origin.userAgent,
    requestId: session.origin.requestId,
  });
  await recordAudit(manager, [
    {
      action: 'session.started',
      actorAccountId: session.account.id,
      organizationId: null,
      target: session.id,
      origin: session.origin,
      atMs: startedAtMs,
    },
  ]);
}

export function findSessionByToken(manager: EntityManager, tokenHash: Buffer): Promise<Session | undefined> {
  return findSession(manager, 's.token_hash = $1', tokenHash);
}

export function findSessionById(manager: EntityManager, sessionId: string): Promise<Session | undefined> {
  return findSession(manager, 's.id = $1', sessionId);
}

/**
 * Writes down that a session was active now, unless it has ended or somebody did so within the last minute.
 * @returns whether it was written.
 */
export async function extendSession(manager: EntityManager, session: Session, nowMs: number): Promise<boolean> {
  const extended = await rowsOf(
    manager,
    `UPDATE sessions SET last_seen_at = $2, expires_at = $3
     WHERE id = $1 AND ended_at IS NULL AND expires_at > $2 AND absolute_expires_at > $2 AND last_seen_at <= $4
     RETURNING id`,
    [
      session.id,
      new Date(nowMs),
      new Date(idleEnd(session.absoluteExpiresAtMs, nowMs)),
      new Date(nowMs - EXTEND_EVERY_SECONDS * 1_000),
    ],
  );
  return extended.length > 0;
}

/** Ends a session for good. One that has ended, or never was, stays as it is. */
export async function endSession(
  dataSource: DataSource,
  sessionId: string,
  origin: Origin,
  nowMs: number,
): Promise<void> {
  await inTransaction(dataSource, async (manager) => {
    const ended = await rowsOf<{ account_id: string }>(
      manager,
      'UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING account_id',
      [sessionId, new Date(nowMs)],
    );
    for (const { account_id: accountId } of ended) {
      await recordAudit(manager, [
        {
          action: 'session.ended',
          actorAccountId: accountId,
          organizationId: null,
          target: sessionId,
          origin,
          atMs: nowMs,
        },
      ]);
    }
  });
}

interface SessionRow {
  id: string;
  account_id: string;
  email: string;
  name: string;
  last_seen_at: Date;
  expires_at: Date;
  absolute_expires_at: Date;
  ended_at: Date | null;
  address: string;
  user_agent: string;
  request_id: string;
}

async function findSession(
  manager: EntityManager,
  condition: string,
  value: string | Buffer,
): Promise<Session | undefined> {
  const [row] = await rowsOf<SessionRow>(
    manager,
    `SELECT s.id, s.account_id, a.email, a.name, s.last_seen_at, s.expires_at, s.absolute_expires_at, s.ended_at,
            s.address, s.user_agent, s.request_id
     FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE ${condition}`,
    [value],
  );
  if (row === undefined) return undefined;
  return {
    id: row.id,
    account: { id: row.account_id, email: row.email, name: row.name },
    lastSeenAtMs: row.last_seen_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    absoluteExpiresAtMs: row.absolute_expires_at.getTime(),
    endedAtMs: row.ended_at?.getTime() ?? null,
    origin: { address: row.address, userAgent: row.user_agent, requestId: row.request_id },
  };
}
