import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';

/** What an account has set up beside its first factor. */
export interface Factors {
  /** Since when codes of an authenticator are asked for; null: they are not. */
  readonly totpSinceMs: number | null;
  readonly passkeys: number;
  readonly backupCodesLeft: number;
}

/** The own factors of somebody who is signed in. */
export function findOwnFactors(
  dataSource: DataSource,
  person: Person,
  nowMs: number,
): Promise<({ readonly kind: 'found' } & Factors) | { readonly kind: 'session_ended' }> {
  return inTransaction(dataSource, async (manager) => {
    const own = await findOwnSession(manager, person, false, nowMs);
    if (own.kind !== 'standing') return { kind: 'session_ended' };
    return { kind: 'found', ...(await readFactors(manager, person.accountId)) };
  });
}

/** Whether a sign-in of the account needs more than its first factor. */
export async function hasSecondFactors(manager: EntityManager, accountId: string): Promise<boolean> {
  const { totpSinceMs, passkeys } = await readFactors(manager, accountId);
  return totpSinceMs !== null || passkeys > 0;
}

async function readFactors(manager: EntityManager, accountId: string): Promise<Factors> {
  const [row] = await rowsOf<{ totp_since: Date | null; passkeys: number; codes: number }>(
    manager,
    `SELECT (SELECT confirmed_at FROM totp_secrets WHERE account_id = $1) AS totp_since,
       (SELECT count(*)::int FROM passkeys WHERE account_id = $1) AS passkeys,
       (SELECT count(*)::int FROM backup_codes WHERE account_id = $1 AND used_at IS NULL) AS codes`,
    [accountId],
  );
  return {
    totpSinceMs: row?.totp_since?.getTime() ?? null,
    passkeys: row?.passkeys ?? 0,
    backupCodesLeft: row?.codes ?? 0,
  };
}
