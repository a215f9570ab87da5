/** What a person can prove on the way to a session. `recovery`: a reviewed recovery took the place of the second factor. */
export const PROOFS = ['password', 'github', 'sso', 'passkey', 'totp', 'backup_code', 'recovery'] as const;

export type Proof = (typeof PROOFS)[number];

/** What an account can be asked for, in the order in which it is offered. */
export type SecondFactor = Extract<Proof, 'passkey' | 'totp' | 'backup_code'>;

const FIRST_FACTORS: readonly Proof[] = ['password', 'github', 'sso', 'passkey'];
const SECOND_FACTORS: readonly Proof[] = ['passkey', 'totp', 'backup_code'];

/** Whether one of the proofs says who somebody is. */
export function hasFirstFactor(proven: readonly Proof[]): boolean {
  return proven.some((proof) => FIRST_FACTORS.includes(proof));
}

/** Whether one of the proofs is a second factor; a passkey with user verification is both (NIST SP 800-63B, 3.1.7). */
export function hasSecondFactor(proven: readonly Proof[]): boolean {
  return proven.some((proof) => SECOND_FACTORS.includes(proof));
}
