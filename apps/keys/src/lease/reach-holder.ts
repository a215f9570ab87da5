import type { ChangeMessage } from '@gatehouse/lease/change-message';
import { LEASE_MS } from '@gatehouse/lease/lease';
import { subjectOf } from './holder-messages.js';
import type { Holder } from './holders.store.js';

/** One attempt to reach a holder, and the pause before the next. */
const ATTEMPT_MS = 500;
const RETRY_AFTER_MS = 50;

export interface ReachPorts {
  readonly ownHolderId: string;
  /** This replica hears of a change, as the others do. */
  readonly hear: (message: ChangeMessage) => void;
  readonly holders: { list(): Promise<Holder[]>; removeSilent(holder: Holder): Promise<void> };
  readonly request: (subject: string, payload: Uint8Array, deadlineMs: number) => Promise<Uint8Array>;
  readonly monotonicMs: () => number;
  readonly pause: (delayMs: number) => Promise<void>;
}

/** What a holder is to be told, and until when it may go on without knowing. Monotonic milliseconds. */
export interface Telling {
  readonly payload: Uint8Array;
  readonly untilMs: number;
  readonly listedAtMs: number;
}

/** All holders but this replica; undefined where they cannot be listed. */
export async function othersOf({ holders, ownHolderId }: ReachPorts): Promise<Holder[] | undefined> {
  const all = await holders.list().catch(() => undefined);
  return all?.filter(({ holderId }) => holderId !== ownHolderId);
}

/** Tells a holder once. @returns whether it has heard. */
export function tellHolder(
  holder: Holder,
  payload: Uint8Array,
  deadlineMs: number,
  { request }: ReachPorts,
): Promise<boolean> {
  return request(subjectOf(holder), payload, deadlineMs).then(
    () => true,
    () => false,
  );
}

/** Waits until monotonic `untilMs`. */
export function pauseUntil(untilMs: number, { pause, monotonicMs }: ReachPorts): Promise<void> {
  return pause(Math.max(0, untilMs - monotonicMs()));
}

/**
 * Tells a holder, again and again until it says that it has heard, or until every lease has run out that it took without
 * knowing. @returns whether it has heard.
 */
export async function reachHolder(holder: Holder, telling: Telling, ports: ReachPorts): Promise<boolean> {
  const { payload, untilMs, listedAtMs } = telling;
  for (;;) {
    const leftMs = untilMs - ports.monotonicMs();
    if (leftMs <= 0) break;
    if (await tellHolder(holder, payload, Math.min(leftMs, ATTEMPT_MS), ports)) return true;
    await pauseUntil(Math.min(untilMs, ports.monotonicMs() + RETRY_AFTER_MS), ports);
  }
  // Without its row, the next changes need not wait for it; if it has renewed since it was listed, it stays. A list that
  // came late may show a renewal from after the change, whose lease has not ended yet: then it stays, too.
  if (ports.monotonicMs() - listedAtMs < LEASE_MS) return false;
  await ports.holders.removeSilent(holder).catch(() => undefined);
  return false;
}
