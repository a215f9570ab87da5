import type { EntityManager } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { rowsOf } from '../database/rows.store.js';
import type { Origin } from '../origin.js';
import type { Proof } from '../sign-in/proof.js';
import { SessionEntity } from './session.entity.js';
import { EXTEND_EVERY_SECONDS, idleEnd, type Session } from './session.js';

/** Writes a new session, with its audit entry, in the caller's transaction. */
export async function addSession(manager: EntityManager, session: Session, tokenHash: Buffer): Promise<void> {
  await manager.insert(SessionEntity, {
    id: session.id,
    accountId: session.account.id,
    tokenHash,
    createdAt: new Date(session.startedAtMs),
    lastSeenAt: new Date(session.lastSeenAtMs),
    expiresAt: new Date(session.expiresAtMs),
    absoluteExpiresAt: new Date(session.absoluteExpiresAtMs),
    endedAt: null,
    endReason: null,
    proofs: [...session.proofs],
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
      atMs: session.startedAtMs,
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

/** The sessions of an account that stand at this moment, the latest activity first. */
export function standingSessionsOf(manager: EntityManager, accountId: string, nowMs: number): Promise<Session[]> {
  return findSessions(
    manager,
    `s.account_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND s.absolute_expires_at > $2
     ORDER BY s.last_seen_at DESC, s.id`,
    [accountId, new Date(nowMs)],
  );
}

/**
 * Ends a session for good, in the caller's transaction. One that has ended, or never was, stays as it is.
 * @returns whether it stood until now.
 */
export async function endSession(
  manager: EntityManager,
  sessionId: string,
  reason: 'signed_out' | 'ended_by_owner' | 'refresh_token_reused' | 'token_revoked',
  origin: Origin,
  nowMs: number,
): Promise<boolean> {
  const ended = await rowsOf<{ account_id: string }>(
    manager,
    'UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL RETURNING account_id',
    [sessionId, new Date(nowMs), reason],
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
  return ended.length > 0;
}

export interface EndedSessions {
  readonly accountId: string;
  /** The one session that goes on, where there is one. */
  readonly exceptSessionId: string | null;
  readonly reason:
    | 'password_changed'
    | 'password_reset'
    | 'email_restored'
    | 'second_factor_changed'
    | 'ended_by_owner'
    | 'account_disabled'
    | 'membership_ended'
    | 'recovery'
    | 'identity_unlinked';
  readonly origin: Origin;
  readonly nowMs: number;
}

/** Ends the sessions of an account, in the transaction of what ends them. @returns how many stood until now. */
export async function endSessionsOf(manager: EntityManager, change: EndedSessions): Promise<number> {
  const { accountId, exceptSessionId, reason, origin, nowMs } = change;
  const ended = await rowsOf<{ id: string }>(
    manager,
    `UPDATE sessions SET ended_at = $2, end_reason = $3
     WHERE account_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $4 RETURNING id`,
    [accountId, new Date(nowMs), reason, exceptSessionId],
  );
  const entry = (target: string) => ({ action: 'session.ended' as const, actorAccountId: accountId, target, origin });
  if (ended.length > 0) {
    await recordAudit(
      manager,
      ended.map(({ id }) => ({ ...entry(id), organizationId: null, atMs: nowMs })),
    );
  }
  return ended.length;
}

interface SessionRow {
  id: string;
  account_id: string;
  email: string;
  name: string;
  proofs: Proof[];
  created_at: Date;
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
  const [session] = await findSessions(manager, condition, [value]);
  return session;
}

async function findSessions(manager: EntityManager, condition: string, values: readonly unknown[]): Promise<Session[]> {
  const rows = await rowsOf<SessionRow>(
    manager,
    `SELECT s.id, s.account_id, a.email, a.name, s.proofs, s.created_at, s.last_seen_at, s.expires_at,
            s.absolute_expires_at, s.ended_at, s.address, s.user_agent, s.request_id
     FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE ${condition}`,
    values,
  );
  return rows.map((row) => ({
    id: row.id,
    account: { id: row.account_id, email: row.email, name: row.name },
    proofs: row.proofs,
    startedAtMs: row.created_at.getTime(),
    lastSeenAtMs: row.last_seen_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    absoluteExpiresAtMs: row.absolute_expires_at.getTime(),
    endedAtMs: row.ended_at?.getTime() ?? null,
    origin: { address: row.address, userAgent: row.user_agent, requestId: row.request_id },
  }));
}
