/** What a person has proven in one sign-in. Second factors and federation add words here. */
export type Proof = 'password';

export type NextStep = { readonly kind: 'prove'; readonly proof: Proof } | { readonly kind: 'done' };

/**
 * Decides what a sign-in still needs. Every step comes back here with what it has proven; no step calls another.
 */
export function nextStep(proven: ReadonlySet<Proof>): NextStep {
  return proven.has('password') ? { kind: 'done' } : { kind: 'prove', proof: 'password' };
}
