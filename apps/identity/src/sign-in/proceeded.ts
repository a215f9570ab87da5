import type { Origin } from '../origin.js';
import type { Session } from '../sessions/session.js';
import type { Proof, SecondFactor } from './proof.js';

/** What a step of a sign-in has shown, and where it came from. */
export interface ProvenStep {
  readonly accountId: string;
  readonly proven: readonly Proof[];
  readonly origin: Origin;
  readonly nowMs: number;
}

/** Where a sign-in stands after a step. The tokens are in this answer only. */
export type Proceeded =
  | { readonly kind: 'signed_in'; readonly session: Session; readonly sessionToken: string }
  | {
      readonly kind: 'second_factor_required';
      readonly challenge: string;
      readonly methods: readonly SecondFactor[];
      readonly expiresInSeconds: number;
    }
  | { readonly kind: 'account_disabled' };

/** Whether an outcome is where a sign-in stands, and not a refusal before it went on. */
export function isProceeded<Other extends { readonly kind: string }>(outcome: Proceeded | Other): outcome is Proceeded {
  return KINDS.includes(outcome.kind);
}

const KINDS: readonly string[] = [
  'signed_in',
  'second_factor_required',
  'account_disabled',
] satisfies Proceeded['kind'][];
