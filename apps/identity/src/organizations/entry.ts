import { hasSecondFactor, type Proof } from '../sign-in/proof.js';

/** What an organization asks of every session that enters it, beside a membership. */
export interface EntryRules {
  readonly requiresSecondFactor: boolean;
  readonly requiresSso: boolean;
}

export type Wanted = 'second_factor' | 'sso';

/** What a session would still have to show; empty: it may enter [H-074]. */
export function missingProofs(rules: EntryRules, proofs: readonly Proof[]): readonly Wanted[] {
  const missing: Wanted[] = [];
  if (rules.requiresSecondFactor && !hasSecondFactor(proofs)) missing.push('second_factor');
  if (rules.requiresSso && !proofs.includes('sso')) missing.push('sso');
  return missing;
}
