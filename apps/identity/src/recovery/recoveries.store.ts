import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import type { Recovery, RecoveryChange } from './recovery.js';

/** A recovery, and whose it is. */
export interface RecoveryOfAccount extends Recovery {
  readonly email: string;
  readonly name: string;
}

const LISTED_MOST = 100;

/** The newest ones, whatever became of them. */
export async function listAllRecoveries(manager: EntityManager): Promise<RecoveryOfAccount[]> {
  const rows = await rowsOf<RecoveryRow>(
    manager,
    `${SELECT} ORDER BY r.requested_at DESC, r.id LIMIT ${LISTED_MOST}`,
    [],
  );
  return rows.map(recoveryOf);
}

/** One recovery, which stays as it is until the transaction ends. The account's factors are locked before. */
export async function findRecovery(manager: EntityManager, id: string): Promise<RecoveryOfAccount | undefined> {
  const [row] = await rowsOf<RecoveryRow>(manager, `${SELECT} WHERE r.id = $1 FOR UPDATE OF r`, [id]);
  return row === undefined ? undefined : recoveryOf(row);
}

/** The one that was neither refused, cancelled nor completed; it may have lapsed. */
export async function findUnfinishedRecovery(
  manager: EntityManager,
  accountId: string,
): Promise<RecoveryOfAccount | undefined> {
  const [row] = await rowsOf<RecoveryRow>(
    manager,
    `${SELECT} WHERE r.account_id = $1 AND r.refused_at IS NULL AND r.cancelled_at IS NULL AND r.completed_at IS NULL
     FOR UPDATE OF r`,
    [accountId],
  );
  return row === undefined ? undefined : recoveryOf(row);
}

export async function addRecovery(manager: EntityManager, recovery: Recovery): Promise<void> {
  const { origin } = recovery;
  await rowsOf(
    manager,
    `INSERT INTO recoveries (id, account_id, requested_at, ready_at, lapses_at, address, user_agent, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      recovery.id,
      recovery.accountId,
      new Date(recovery.requestedAtMs),
      new Date(recovery.readyAtMs),
      new Date(recovery.lapsesAtMs),
      origin.address,
      origin.userAgent,
      origin.requestId,
    ],
  );
}

const COLUMN: Readonly<Record<RecoveryChange, string>> = {
  approve: 'approved_at',
  refuse: 'refused_at',
  cancel: 'cancelled_at',
  complete: 'completed_at',
};

/** Writes down what became of a recovery. @param decidedBy the operator who did it; null: nobody was asked */
export async function noteChange(
  manager: EntityManager,
  id: string,
  change: RecoveryChange,
  decidedBy: string | null,
  nowMs: number,
): Promise<void> {
  await rowsOf(
    manager,
    `UPDATE recoveries SET ${COLUMN[change]} = $2, decided_by = coalesce($3, decided_by) WHERE id = $1`,
    [id, new Date(nowMs), decidedBy],
  );
}

const SELECT = `SELECT r.*, a.email, a.name FROM recoveries r JOIN accounts a ON a.id = r.account_id`;

interface RecoveryRow {
  id: string;
  account_id: string;
  email: string;
  name: string;
  requested_at: Date;
  ready_at: Date;
  lapses_at: Date;
  approved_at: Date | null;
  refused_at: Date | null;
  cancelled_at: Date | null;
  completed_at: Date | null;
  decided_by: string | null;
  address: string;
  user_agent: string;
  request_id: string;
}

function recoveryOf(row: RecoveryRow): RecoveryOfAccount {
  return {
    id: row.id,
    accountId: row.account_id,
    email: row.email,
    name: row.name,
    requestedAtMs: row.requested_at.getTime(),
    readyAtMs: row.ready_at.getTime(),
    lapsesAtMs: row.lapses_at.getTime(),
    approvedAtMs: row.approved_at?.getTime() ?? null,
    refusedAtMs: row.refused_at?.getTime() ?? null,
    cancelledAtMs: row.cancelled_at?.getTime() ?? null,
    completedAtMs: row.completed_at?.getTime() ?? null,
    decidedBy: row.decided_by,
    origin: { address: row.address, userAgent: row.user_agent, requestId: row.request_id },
  };
}
