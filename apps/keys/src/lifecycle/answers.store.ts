import type { DataSource, EntityManager } from 'typeorm';
import { ANSWER_KEPT_MS, type AnswerClaim, type KeptAnswer } from './kept-answer.js';

interface AnswerRow {
  readonly request_hash: Buffer;
  readonly sealed_answer: Buffer;
}

/** The answer that an earlier request with this Idempotency-Key got, while it is kept. */
export async function findAnswer(
  queries: DataSource | EntityManager,
  claim: AnswerClaim,
  nowMs: number,
): Promise<KeptAnswer | undefined> {
  const [row]: AnswerRow[] = await queries.query(
    `SELECT request_hash, sealed_answer FROM kept_answers
     WHERE organization_id = $1 AND idempotency_hash = $2 AND expires_at > $3`,
    [claim.organizationId, claim.idempotencyHash, new Date(nowMs)],
  );
  return row && { requestHash: row.request_hash, sealed: row.sealed_answer };
}

/**
 * Takes an Idempotency-Key for this transaction's answer. Of many at once one gets it; the others wait here until that
 * transaction has ended, then find its answer (or, where it was rolled back, take the key themselves).
 * @returns false where another request has it.
 */
export async function keepAnswer(
  manager: EntityManager,
  claim: AnswerClaim,
  answer: KeptAnswer,
  nowMs: number,
): Promise<boolean> {
  const taken: unknown[] = await manager.query(
    `INSERT INTO kept_answers AS kept (organization_id, idempotency_hash, request_hash, sealed_answer, expires_at)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (organization_id, idempotency_hash) DO UPDATE
       SET request_hash = EXCLUDED.request_hash, sealed_answer = EXCLUDED.sealed_answer, expires_at = EXCLUDED.expires_at
       WHERE kept.expires_at <= $6
     RETURNING 1`,
    [
      claim.organizationId,
      claim.idempotencyHash,
      answer.requestHash,
      answer.sealed,
      new Date(nowMs + ANSWER_KEPT_MS),
      new Date(nowMs),
    ],
  );
  return taken.length > 0;
}

/** Forgets answers whose time is over, so that no secret stays longer than it has to, even sealed. */
export async function forgetAnswers(dataSource: DataSource, nowMs: number): Promise<void> {
  await dataSource.query('DELETE FROM kept_answers WHERE expires_at <= $1', [new Date(nowMs)]);
}
