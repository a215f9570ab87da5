import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import type { Allowance } from './allowance.js';

/**
 * Takes one of an allowance, if there is one left: one guarded statement, so that of any number at once no more get one
 * than there are.
 * @returns undefined where it was taken; else the seconds until there are some again, one at least.
 */
export async function takeAllowance(
  manager: EntityManager,
  allowance: Allowance,
  subject: Buffer,
  nowMs: number,
): Promise<number | undefined> {
  const { kind, most, windowSeconds } = allowance;
  const oldest = new Date(nowMs - windowSeconds * 1_000);
  const taken = await rowsOf(manager, TAKE, [kind, subject, new Date(nowMs), oldest, most]);
  if (taken.length > 0) return undefined;
  return (await allowanceUsedUp(manager, allowance, subject, nowMs)) ?? 1;
}

/** Whether an allowance is used up at this moment: the seconds until there are some again. Takes nothing. */
export async function allowanceUsedUp(
  manager: EntityManager,
  { kind, most, windowSeconds }: Allowance,
  subject: Buffer,
  nowMs: number,
): Promise<number | undefined> {
  const [row] = await rowsOf<{ window_started_at: Date }>(
    manager,
    'SELECT window_started_at FROM allowances WHERE kind = $1 AND subject = $2 AND taken >= $3',
    [kind, subject, most],
  );
  if (row === undefined) return undefined;
  const endsAtMs = row.window_started_at.getTime() + windowSeconds * 1_000;
  return endsAtMs > nowMs ? Math.max(1, Math.ceil((endsAtMs - nowMs) / 1_000)) : undefined;
}

/** Gives one back that turned out not to count. */
export async function giveBackAllowance(manager: EntityManager, { kind }: Allowance, subject: Buffer): Promise<void> {
  await rowsOf(manager, 'UPDATE allowances SET taken = taken - 1 WHERE kind = $1 AND subject = $2 AND taken > 0', [
    kind,
    subject,
  ]);
}

const TAKE = `
INSERT INTO allowances AS a (kind, subject, window_started_at, taken) VALUES ($1, $2, $3, 1)
ON CONFLICT (kind, subject) DO UPDATE SET
  taken = CASE WHEN a.window_started_at <= $4 THEN 1 ELSE a.taken + 1 END,
  window_started_at = CASE WHEN a.window_started_at <= $4 THEN $3 ELSE a.window_started_at END
WHERE a.window_started_at <= $4 OR a.taken < $5
RETURNING taken`;
