import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import { startSession } from '../sessions/session.js';
import { addSession } from '../sessions/sessions.store.js';
import { newSecretToken } from '../tokens/secret-token.js';
import { CHALLENGE_SECONDS, newChallenge } from './challenge.js';
import { addChallenge } from './challenges.store.js';
import { nextStep } from './next-step.js';
import type { Proceeded, ProvenStep } from './proceeded.js';
import type { SecondFactor } from './proof.js';

/**
 * THE way to a session, for every step of every sign-in, in the transaction of that step: reads what the account needs,
 * decides, and writes the session or the challenge that the next step answers.
 * @throws Error where no first factor was shown, or there is no such account: a step of ours is wrong.
 */
export async function proceed(manager: EntityManager, step: ProvenStep): Promise<Proceeded> {
  const { accountId, proven, origin, nowMs } = step;
  const found = await readAccount(manager, accountId);
  if (found === undefined) throw new Error('a sign-in went on for an account that does not exist');
  const next = nextStep({ proven, ...found });
  const { token, hash } = newSecretToken();
  switch (next.kind) {
    case 'prove_first_factor':
      throw new Error('a sign-in went on without a first factor');
    case 'refused':
      return { kind: next.code };
    case 'prove_second_factor': {
      await addChallenge(manager, newChallenge(accountId, proven, origin, nowMs), hash);
      const { methods } = next;
      return { kind: 'second_factor_required', challenge: token, methods, expiresInSeconds: CHALLENGE_SECONDS };
    }
    case 'done': {
      const session = startSession(found.account, proven, origin, nowMs);
      await addSession(manager, session, hash);
      return { kind: 'signed_in', session, sessionToken: token };
    }
  }
}

interface FactsRow {
  email: string;
  name: string;
  is_disabled: boolean;
  has_passkey: boolean;
  has_totp: boolean;
  has_backup_code: boolean;
}

/** The account's row is locked against its being disabled, and its factors changed, until the step stands. */
async function readAccount(manager: EntityManager, accountId: string) {
  const [row] = await rowsOf<FactsRow>(
    manager,
    `SELECT a.email, a.name, a.disabled_at IS NOT NULL AS is_disabled,
       EXISTS (SELECT 1 FROM passkeys p WHERE p.account_id = a.id) AS has_passkey,
       EXISTS (SELECT 1 FROM totp_secrets t WHERE t.account_id = a.id AND t.confirmed_at IS NOT NULL) AS has_totp,
       EXISTS (SELECT 1 FROM backup_codes b WHERE b.account_id = a.id AND b.used_at IS NULL) AS has_backup_code
     FROM accounts a WHERE a.id = $1 FOR SHARE OF a`,
    [accountId],
  );
  if (row === undefined) return undefined;
  const secondFactors: SecondFactor[] = [];
  if (row.has_passkey) secondFactors.push('passkey');
  if (row.has_totp) secondFactors.push('totp');
  // Codes are in place of the device: without one they are no factor of their own.
  if (row.has_backup_code && secondFactors.length > 0) secondFactors.push('backup_code');
  return {
    account: { id: accountId, email: row.email, name: row.name },
    isDisabled: row.is_disabled,
    secondFactors,
  };
}
