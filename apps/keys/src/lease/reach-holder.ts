import { LEASE_MS } from '@gatehouse/lease/lease';
import { subjectOf } from './holder-messages.js';
import type { Holder } from './holders.store.js';

/** One attempt to reach a holder, and the pause before the next. */
const ATTEMPT_MS = 500;
const RETRY_AFTER_MS = 50;

export interface ReachPorts {
  readonly holders: { removeSilent(holder: Holder): Promise<void> };
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

/**
 * Tells a holder, again and again until it says that it has heard, or until every lease has run out that it took without
 * knowing. @returns whether it has heard.
 */
export async function reachHolder(holder: Holder, telling: Telling, ports: ReachPorts): Promise<boolean> {
  const { payload, untilMs, listedAtMs } = telling;
  const subject = subjectOf(holder);
  for (;;) {
    const leftMs = untilMs - ports.monotonicMs();
    if (leftMs <= 0) break;
    try {
      await ports.request(subject, payload, Math.min(leftMs, ATTEMPT_MS));
      return true;
    } catch {
      await ports.pause(Math.min(RETRY_AFTER_MS, Math.max(0, untilMs - ports.monotonicMs())));
    }
  }
  // Without its row, the next changes need not wait for it; if it has renewed since it was listed, it stays. A list that
  // came late may show a renewal from after the change, whose lease has not ended yet: then it stays, too.
  if (ports.monotonicMs() - listedAtMs < LEASE_MS) return false;
  await ports.holders.removeSilent(holder).catch(() => undefined);
  return false;
}
