import { boundedAndWhole } from './bounded-and-whole.js';
import { changeEndsSessions } from './change-ends-sessions.js';
import { codesOnce } from './codes-once.js';
import { createdIsKnown } from './created-is-known.js';
import { failsClosed } from './fails-closed.js';
import type { Finding, History } from './history.js';
import { neverOverAdmits } from './never-over-admits.js';
import { notOverDenying } from './not-over-denying.js';
import { oneOrder } from './one-order.js';
import { oneTimeOnce } from './one-time-once.js';
import { refreshOnce } from './refresh-once.js';
import { reuseEndsFamily } from './reuse-ends-family.js';
import { revokedIsRefused } from './revoked-is-refused.js';
import { revokedStaysRevoked } from './revoked-stays-revoked.js';

export interface Invariant {
  readonly id: string;
  /** What is promised, in a few words. */
  readonly promise: string;
  readonly check: (history: History) => Finding;
}

/** What holds whatever fails. */
export const INVARIANTS: readonly Invariant[] = [
  { id: 'INV-01', promise: 'revoked is refused', check: revokedIsRefused },
  { id: 'INV-02', promise: 'revoked stays revoked', check: revokedStaysRevoked },
  { id: 'INV-03', promise: 'created is known', check: createdIsKnown },
  { id: 'INV-04', promise: 'verdicts fit one order', check: oneOrder },
  { id: 'INV-05', promise: 'refresh tokens work once', check: refreshOnce },
  { id: 'INV-06', promise: 'reuse ends the family', check: reuseEndsFamily },
  { id: 'INV-07', promise: 'one-time values work once', check: oneTimeOnce },
  { id: 'INV-08', promise: 'codes work once', check: codesOnce },
  { id: 'INV-09', promise: 'changes end sessions', check: changeEndsSessions },
  { id: 'INV-10', promise: 'never over-admits', check: neverOverAdmits },
  { id: 'INV-11', promise: 'not over-denying', check: notOverDenying },
  { id: 'INV-12', promise: 'authentication fails closed', check: failsClosed },
  { id: 'INV-13', promise: 'bounded, whole answers', check: boundedAndWhole },
];
