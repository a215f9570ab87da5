import { type ChangeMessage, writeChange } from '@gatehouse/lease/change-message';
import { LEASE_MS, REVOKER_WAIT_MS } from '@gatehouse/lease/lease';
import { subjectOf } from './holder-messages.js';
import type { Holder, HolderKind } from './holders.store.js';

/** One attempt to reach a holder, and the pause before the next. */
const ATTEMPT_MS = 500;
const RETRY_AFTER_MS = 50;

/**
 * Replicas first: a gateway remembers what a replica told it. Told before them, it could learn the old state from one of
 * them again, and keep it.
 */
const ORDER: readonly HolderKind[] = ['keys', 'gateway'];

export interface SettlePorts {
  readonly ownHolderId: string;
  /** This replica hears of a change, as the others do. */
  readonly hear: (message: ChangeMessage) => void;
  readonly holders: { list(): Promise<Holder[]>; removeSilent(holder: Holder): Promise<void> };
  readonly request: (subject: string, payload: Uint8Array, deadlineMs: number) => Promise<Uint8Array>;
  readonly monotonicMs: () => number;
  readonly pause: (delayMs: number) => Promise<void>;
}

/** Why a change holds everywhere, holder by holder. */
export interface Settlement {
  /** Have forgotten what they remembered of it, and said so; the replica that made the change among them. */
  readonly acknowledged: readonly SettledHolder[];
  /** Were not heard; every lease that they had when the change was made has run out. */
  readonly expired: readonly SettledHolder[];
  /** False: the holders could not be listed, and every lease there can be has run out. */
  readonly listed: boolean;
}

interface SettledHolder {
  readonly holderId: string;
  readonly kind: HolderKind;
}

/**
 * Waits until committed changes hold everywhere: each lease holder has acknowledged that it forgot those keys, or its
 * lease has run out. Never fails: waiting a whole lease from the commit on is enough without knowing any holder.
 * @param change what was made; its announcement ends with it.
 * @param committedAtMs monotonic time, not before the commit was known to be done.
 */
export async function settleChange(
  change: Omit<ChangeMessage, 'kind'>,
  committedAtMs: number,
  ports: SettlePorts,
): Promise<Settlement> {
  const message: ChangeMessage = { kind: 'made', ...change };
  ports.hear(message);
  const acknowledged: SettledHolder[] = [{ holderId: ports.ownHolderId, kind: 'keys' }];
  const expired: SettledHolder[] = [];
  const untilMs = committedAtMs + REVOKER_WAIT_MS;
  const holders = await ports.holders.list().catch(() => undefined);
  if (holders === undefined) {
    await ports.pause(Math.max(0, untilMs - ports.monotonicMs()));
    return { acknowledged, expired, listed: false };
  }
  const settling = { payload: writeChange(message), untilMs, listedAtMs: ports.monotonicMs() };
  for (const kind of ORDER) {
    const others = holders.filter((holder) => holder.kind === kind && holder.holderId !== ports.ownHolderId);
    await Promise.all(
      others.map(async (holder) => {
        const settled = (await settleHolder(holder, settling, ports)) ? acknowledged : expired;
        settled.push({ holderId: holder.holderId, kind });
      }),
    );
  }
  return { acknowledged, expired, listed: true };
}

interface Settling {
  readonly payload: Uint8Array;
  readonly untilMs: number;
  readonly listedAtMs: number;
}

/** @returns whether it has acknowledged; otherwise its lease has run out. */
async function settleHolder(holder: Holder, settling: Settling, ports: SettlePorts): Promise<boolean> {
  const { untilMs } = settling;
  const subject = subjectOf(holder);
  for (;;) {
    const leftMs = untilMs - ports.monotonicMs();
    if (leftMs <= 0) break;
    try {
      await ports.request(subject, settling.payload, Math.min(leftMs, ATTEMPT_MS));
      return true;
    } catch {
      await ports.pause(Math.min(RETRY_AFTER_MS, Math.max(0, untilMs - ports.monotonicMs())));
    }
  }
  // Without its row, the next changes need not wait for it; if it has renewed since it was listed, it stays. A list that
  // came late may show a renewal from after the commit, whose lease has not ended yet: then it stays, too.
  if (ports.monotonicMs() - settling.listedAtMs < LEASE_MS) return false;
  await ports.holders.removeSilent(holder).catch(() => undefined);
  return false;
}
