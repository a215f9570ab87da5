import type {
  answerChallenge,
  confirmTotp,
  disableTotp,
  enrolTotp,
  getSecondFactors,
  renewBackupCodes,
} from '@gatehouse/contracts/second-factor';
import type { z } from 'zod';
import { Refusal } from '../management/refusal.js';

type Answers =
  | typeof answerChallenge
  | typeof confirmTotp
  | typeof disableTotp
  | typeof enrolTotp
  | typeof getSecondFactors
  | typeof renewBackupCodes;

/** Everything that identity says where a second factor did not do. */
type Refused = Exclude<
  z.output<Answers['output']>,
  {
    kind:
      | 'signed_in'
      | 'second_factor_required'
      | 'account_disabled'
      | 'found'
      | 'enrolling'
      | 'confirmed'
      | 'disabled'
      | 'renewed';
  }
>;

/** What is said to who is signed in: a wrong code ends no session, so it is no 401 [M-08]. */
export function factorRefusal(refused: Refused): Refusal {
  if (refused.kind !== 'too_many_attempts') return new Refusal(refused.kind);
  return new Refusal('too_many_attempts', { retryAfterSeconds: refused.retryAfterSeconds });
}

/** What is said to who is signing in. */
export function signInRefusal(refused: Refused): Refusal {
  return refused.kind === 'code_wrong' ? new Refusal('second_factor_invalid') : factorRefusal(refused);
}
