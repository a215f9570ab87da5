import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import { CHALLENGE_ATTEMPTS, CHALLENGE_SECONDS, type Challenge } from './challenge.js';
import type { Proof } from './proof.js';

/** Writes a challenge, in the transaction of the step that it follows. */
export async function addChallenge(manager: EntityManager, challenge: Challenge, tokenHash: Buffer): Promise<void> {
  const { id, accountId, proven, createdAtMs, origin } = challenge;
  await rowsOf(
    manager,
    `INSERT INTO sign_in_challenges
       (id, token_hash, account_id, proofs, created_at, expires_at, address, user_agent, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      tokenHash,
      accountId,
      proven,
      new Date(createdAtMs),
      new Date(createdAtMs + CHALLENGE_SECONDS * 1_000),
      origin.address,
      origin.userAgent,
      origin.requestId,
    ],
  );
}

/** A challenge that stands, whatever codes were tried, so that its next step can be prepared. Counts nothing. */
export async function findChallenge(
  manager: EntityManager,
  tokenHash: Buffer,
  nowMs: number,
): Promise<OpenChallenge | undefined> {
  const [row] = await rowsOf<ChallengeRow>(
    manager,
    `SELECT id, account_id, proofs FROM sign_in_challenges
     WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2`,
    [tokenHash, new Date(nowMs)],
  );
  return row === undefined ? undefined : openChallenge(row);
}

/** A challenge that may compare one more code. */
export interface OpenChallenge {
  readonly id: string;
  readonly accountId: string;
  readonly proven: readonly Proof[];
}

/**
 * Counts one attempt at a challenge before its code is looked at: one guarded statement, so that of any number at once no
 * more than `CHALLENGE_ATTEMPTS` are ever compared.
 * @returns undefined where there is none that stands: unknown, used, over, or tried too often.
 */
export async function countChallengeAttempt(
  manager: EntityManager,
  tokenHash: Buffer,
  nowMs: number,
): Promise<OpenChallenge | undefined> {
  const [row] = await rowsOf<ChallengeRow>(
    manager,
    `UPDATE sign_in_challenges SET attempts = attempts + 1
     WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND attempts < ${CHALLENGE_ATTEMPTS}
     RETURNING id, account_id, proofs`,
    [tokenHash, new Date(nowMs)],
  );
  return row === undefined ? undefined : openChallenge(row);
}

interface ChallengeRow {
  id: string;
  account_id: string;
  proofs: Proof[];
}

function openChallenge({ id, account_id: accountId, proofs }: ChallengeRow): OpenChallenge {
  return { id, accountId, proven: proofs };
}

/** Spends a challenge, in the transaction that opens the session. @returns whether it was still there to spend. */
export async function spendChallenge(manager: EntityManager, challengeId: string, nowMs: number): Promise<boolean> {
  const spent = await rowsOf(
    manager,
    `UPDATE sign_in_challenges SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2 RETURNING id`,
    [challengeId, new Date(nowMs)],
  );
  return spent.length > 0;
}

/** Voids what waits for a second factor of an account: its password or its factors have changed. */
export async function voidChallengesOf(manager: EntityManager, accountId: string, nowMs: number): Promise<void> {
  await rowsOf(manager, 'UPDATE sign_in_challenges SET used_at = $2 WHERE account_id = $1 AND used_at IS NULL', [
    accountId,
    new Date(nowMs),
  ]);
}
