import { hasFirstFactor, hasSecondFactor, type Proof, type SecondFactor } from './proof.js';

/** What the decision needs to know. */
export interface SignInFacts {
  readonly proven: readonly Proof[];
  /** What the account has set up; empty: no second factor. */
  readonly secondFactors: readonly SecondFactor[];
  /** Whether an operator has disabled the account. */
  readonly isDisabled: boolean;
}

export type NextStep =
  | { readonly kind: 'prove_first_factor' }
  | { readonly kind: 'prove_second_factor'; readonly methods: readonly SecondFactor[] }
  | { readonly kind: 'refused'; readonly code: 'account_disabled' }
  | { readonly kind: 'done' };

/**
 * THE decision of every way to a session: password, federation, passkey, second factor and recovery each come here with
 * what they have proven; no step calls another.
 */
export function nextStep({ proven, secondFactors, isDisabled }: SignInFacts): NextStep {
  if (!hasFirstFactor(proven)) return { kind: 'prove_first_factor' };
  if (isDisabled) return { kind: 'refused', code: 'account_disabled' };
  if (secondFactors.length > 0 && !hasSecondFactor(proven)) {
    return { kind: 'prove_second_factor', methods: secondFactors };
  }
  return { kind: 'done' };
}
