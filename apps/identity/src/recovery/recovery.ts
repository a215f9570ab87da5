import type { Origin } from '../origin.js';

/** Between the confirmation and the completion: time for the owner to read a mail, and stop it [M-13]. */
const DELAY_SECONDS = 24 * 60 * 60;
/** What nobody completed after this long is over. */
const LIFE_SECONDS = 14 * 24 * 60 * 60;
/** Links of this flow: as long as any code that is mailed [P-13]. */
export const LINK_SECONDS = 10 * 60;

/** An account whose owner has lost every second factor, and asks to be let in without one. */
export interface Recovery {
  readonly id: string;
  readonly accountId: string;
  readonly requestedAtMs: number;
  readonly readyAtMs: number;
  readonly lapsesAtMs: number;
  readonly approvedAtMs: number | null;
  readonly refusedAtMs: number | null;
  readonly cancelledAtMs: number | null;
  readonly completedAtMs: number | null;
  readonly decidedBy: string | null;
  readonly origin: Origin;
}

/** `pending`: to be reviewed. `waiting`: approved, and the delay is not over. `ready`: can be completed. */
export type RecoveryState = 'pending' | 'waiting' | 'ready' | 'refused' | 'cancelled' | 'completed' | 'lapsed';
export type RecoveryChange = 'approve' | 'refuse' | 'cancel' | 'complete';

export function newRecovery(id: string, accountId: string, origin: Origin, nowMs: number): Recovery {
  return {
    id,
    accountId,
    requestedAtMs: nowMs,
    readyAtMs: nowMs + DELAY_SECONDS * 1_000,
    lapsesAtMs: nowMs + LIFE_SECONDS * 1_000,
    approvedAtMs: null,
    refusedAtMs: null,
    cancelledAtMs: null,
    completedAtMs: null,
    decidedBy: null,
    origin,
  };
}

export function stateOf(recovery: Recovery, nowMs: number): RecoveryState {
  if (recovery.completedAtMs !== null) return 'completed';
  if (recovery.cancelledAtMs !== null) return 'cancelled';
  if (recovery.refusedAtMs !== null) return 'refused';
  if (nowMs >= recovery.lapsesAtMs) return 'lapsed';
  if (recovery.approvedAtMs === null) return 'pending';
  return nowMs >= recovery.readyAtMs ? 'ready' : 'waiting';
}

/** THE table: what can follow. An approval can be taken back until it was used. */
const ALLOWED: Readonly<Record<RecoveryState, readonly RecoveryChange[]>> = {
  pending: ['approve', 'refuse', 'cancel'],
  waiting: ['refuse', 'cancel'],
  ready: ['refuse', 'cancel', 'complete'],
  refused: [],
  cancelled: [],
  completed: [],
  lapsed: [],
};

export function mayBecome(state: RecoveryState, change: RecoveryChange): boolean {
  return ALLOWED[state].includes(change);
}
