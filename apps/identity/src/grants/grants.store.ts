import type { DataSource, EntityManager } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { membershipsOf } from '../organizations/organizations.store.js';
import type { Origin } from '../origin.js';
import { judgeSession, type Session } from '../sessions/session.js';
import { endSession, findSessionById } from '../sessions/sessions.store.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import { GRANT_SECONDS, type Grant, refreshExpiry } from './grant.js';
import { judgeRefresh, type RefreshFacts, type RefreshVerdict } from './judge-refresh.js';
import { newRefreshToken } from './refresh-token.js';

/** What a grant has given: the refresh token is in this answer only. */
export interface OpenedGrant {
  readonly grant: Grant;
  readonly refreshToken: string;
}

/** Who asks, and for what. */
export interface GrantRequest {
  readonly api: string;
  readonly clientId: string;
  readonly refreshPrefix: string;
  readonly origin: Origin;
  readonly nowMs: number;
}

/**
 * Makes the session of a sign-in the one of a grant, so that it lives as long as its refresh tokens do; nobody has the
 * session's own token.
 * @returns undefined where the session has ended meanwhile.
 */
export function openGrant(
  dataSource: DataSource,
  session: Session,
  request: GrantRequest,
): Promise<OpenedGrant | undefined> {
  const { api, clientId, refreshPrefix, origin, nowMs } = request;
  return inTransaction(dataSource, async (manager) => {
    const endsAtMs = session.startedAtMs + GRANT_SECONDS * 1_000;
    const extended = await rowsOf(
      manager,
      'UPDATE sessions SET expires_at = $2, absolute_expires_at = $3 WHERE id = $1 AND ended_at IS NULL RETURNING id',
      [session.id, new Date(refreshExpiry(endsAtMs, nowMs)), new Date(endsAtMs)],
    );
    if (extended.length === 0) return undefined;
    const { memberships } = await membershipsOf(manager, session.account.id, session.proofs);
    const organizationId = memberships[0]?.organizationId ?? null;
    await rowsOf(
      manager,
      'INSERT INTO grants (session_id, api, client_id, organization_id, created_at) VALUES ($1, $2, $3, $4, $5)',
      [session.id, api, clientId, organizationId, new Date(nowMs)],
    );
    const granted = { session: { ...session, absoluteExpiresAtMs: endsAtMs }, api, clientId, organizationId };
    const { token, hash } = newRefreshToken(refreshPrefix);
    await addRefreshToken(manager, granted, hash, null, nowMs);
    await audit(manager, 'tokens.issued', granted, origin, nowMs);
    return { grant: granted, refreshToken: token };
  });
}

/** A refresh, as it came out. */
export type Refreshed =
  | { readonly kind: 'refreshed'; readonly opened: OpenedGrant }
  | { readonly kind: 'reused'; readonly session: Session }
  | Extract<RefreshVerdict, { kind: 'refused' }>;

/**
 * Exchanges a refresh token for the next one. The family is locked first, so that whatever else happens to it (another
 * exchange, a revocation, the end of its session) comes wholly before or wholly after.
 * @param onReuse what else is written where a token comes again, in the same transaction.
 */
export function refreshGrant(
  dataSource: DataSource,
  refreshToken: string,
  request: Omit<GrantRequest, 'api'>,
  onReuse: (manager: EntityManager, session: Session) => Promise<void>,
): Promise<Refreshed> {
  const { clientId, refreshPrefix, origin, nowMs } = request;
  const tokenHash = hashSecretToken(refreshToken);
  return inTransaction(dataSource, async (manager) => {
    const grant = await lockGrantOf(manager, tokenHash);
    const facts = grant === undefined ? undefined : await readFacts(manager, tokenHash, grant, nowMs);
    const verdict = judgeRefresh(facts, clientId, nowMs);
    if (verdict.kind === 'refused' || grant === undefined) return verdict as Refreshed;
    if (verdict.kind === 'reused' || !(await spend(manager, tokenHash, nowMs))) {
      await endSession(manager, grant.session.id, 'refresh_token_reused', origin, nowMs);
      await audit(manager, 'refresh_token.reused', grant, origin, nowMs);
      await onReuse(manager, grant.session);
      return { kind: 'reused', session: grant.session };
    }
    const { token, hash } = newRefreshToken(refreshPrefix);
    await addRefreshToken(manager, grant, hash, tokenHash, nowMs);
    await rowsOf(manager, 'UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE id = $1 RETURNING id', [
      grant.session.id,
      new Date(nowMs),
      new Date(refreshExpiry(grant.session.absoluteExpiresAtMs, nowMs)),
    ]);
    await audit(manager, 'tokens.refreshed', grant, origin, nowMs);
    return { kind: 'refreshed', opened: { grant, refreshToken: token } };
  });
}

/** The grant of a refresh token, spent or not, without a lock; undefined: there is none. */
export async function findGrantOf(manager: EntityManager, refreshToken: string): Promise<FoundGrant | undefined> {
  const [row] = await rowsOf<GrantRow & TokenRow>(
    manager,
    `SELECT g.session_id, g.api, g.client_id, g.organization_id, t.created_at, t.used_at, t.expires_at
     FROM refresh_tokens t JOIN grants g ON g.session_id = t.session_id WHERE t.token_hash = $1`,
    [hashSecretToken(refreshToken)],
  );
  const grant = row === undefined ? undefined : await readGrant(manager, row);
  if (row === undefined || grant === undefined) return undefined;
  return {
    ...grant,
    isUsed: row.used_at !== null,
    issuedAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
  };
}

/** A grant as one of its refresh tokens leads to it. */
export interface FoundGrant extends Grant {
  readonly isUsed: boolean;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

interface GrantRow {
  session_id: string;
  api: string;
  client_id: string;
  organization_id: string | null;
}

interface TokenRow {
  created_at: Date;
  used_at: Date | null;
  expires_at: Date;
}

async function lockGrantOf(manager: EntityManager, tokenHash: Buffer): Promise<Grant | undefined> {
  const [row] = await rowsOf<GrantRow>(
    manager,
    `SELECT g.session_id, g.api, g.client_id, g.organization_id
     FROM refresh_tokens t JOIN grants g ON g.session_id = t.session_id JOIN sessions s ON s.id = g.session_id
     WHERE t.token_hash = $1 FOR UPDATE OF s`,
    [tokenHash],
  );
  return row === undefined ? undefined : readGrant(manager, row);
}

async function readGrant(manager: EntityManager, row: GrantRow): Promise<Grant | undefined> {
  const session = await findSessionById(manager, row.session_id);
  if (session === undefined) return undefined;
  return { session, api: row.api, clientId: row.client_id, organizationId: row.organization_id };
}

/** Read after the lock was had: a statement that waited for a lock may have looked at these rows before it waited. */
async function readFacts(
  manager: EntityManager,
  tokenHash: Buffer,
  grant: Grant,
  nowMs: number,
): Promise<RefreshFacts | undefined> {
  const [row] = await rowsOf<TokenRow & { is_disabled: boolean }>(
    manager,
    `SELECT t.created_at, t.used_at, t.expires_at, a.disabled_at IS NOT NULL AS is_disabled
     FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN accounts a ON a.id = s.account_id
     WHERE t.token_hash = $1`,
    [tokenHash],
  );
  if (row === undefined) return undefined;
  return {
    clientId: grant.clientId,
    usedAtMs: row.used_at?.getTime() ?? null,
    expiresAtMs: row.expires_at.getTime(),
    sessionStands: judgeSession(grant.session, nowMs) !== 'ended',
    accountDisabled: row.is_disabled,
  };
}

async function spend(manager: EntityManager, tokenHash: Buffer, nowMs: number): Promise<boolean> {
  const spent = await rowsOf(
    manager,
    'UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL RETURNING token_hash',
    [tokenHash, new Date(nowMs)],
  );
  return spent.length > 0;
}

async function addRefreshToken(
  manager: EntityManager,
  { session }: Grant,
  tokenHash: Buffer,
  parentHash: Buffer | null,
  nowMs: number,
): Promise<void> {
  await rowsOf(
    manager,
    'INSERT INTO refresh_tokens (token_hash, session_id, parent_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)',
    [tokenHash, session.id, parentHash, new Date(nowMs), new Date(refreshExpiry(session.absoluteExpiresAtMs, nowMs))],
  );
}

function audit(
  manager: EntityManager,
  action: 'tokens.issued' | 'tokens.refreshed' | 'refresh_token.reused',
  { session, organizationId }: Grant,
  origin: Origin,
  nowMs: number,
): Promise<void> {
  const entry = { action, actorAccountId: session.account.id, organizationId, target: session.id, origin, atMs: nowMs };
  return recordAudit(manager, [entry]);
}
