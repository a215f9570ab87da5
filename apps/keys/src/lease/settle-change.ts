import { invalidateSubject } from '@gatehouse/contracts/hot-subjects';
import type { Holder } from './holders.store.js';
import { LEASE_MS, REVOKER_WAIT_MS } from './lease.js';

/** One attempt to reach a holder, and the pause before the next. */
const ATTEMPT_MS = 500;
const RETRY_AFTER_MS = 50;

export interface SettlePorts {
  readonly ownHolderId: string;
  readonly remembered: { evict(keyId: string): void };
  readonly holders: { list(): Promise<Holder[]>; removeSilent(holder: Holder): Promise<void> };
  readonly request: (subject: string, payload: Uint8Array, deadlineMs: number) => Promise<Uint8Array>;
  readonly monotonicMs: () => number;
  readonly pause: (delayMs: number) => Promise<void>;
}

/** The ids of what has changed, as holders are told: keys, or organizations with all their keys. */
export function writeChangedIds(ids: readonly string[]): Uint8Array {
  return Buffer.from(ids.join('\n'), 'latin1');
}

export function readChangedIds(payload: Uint8Array): readonly string[] {
  return Buffer.from(payload).toString('latin1').split('\n');
}

/**
 * Waits until committed changes hold on every replica: each lease holder has acknowledged that it forgot those keys,
 * or its lease has run out. Never fails: waiting a whole lease from the commit on is enough without knowing any holder.
 * @param ids of keys, or of organizations.
 * @param committedAtMs monotonic time, not before the commit was known to be done.
 */
export async function settleChange(ids: readonly string[], committedAtMs: number, ports: SettlePorts): Promise<void> {
  for (const id of ids) ports.remembered.evict(id);
  const untilMs = committedAtMs + REVOKER_WAIT_MS;
  const holders = await ports.holders.list().catch(() => undefined);
  if (holders === undefined) {
    await ports.pause(Math.max(0, untilMs - ports.monotonicMs()));
    return;
  }
  const listedAtMs = ports.monotonicMs();
  const others = holders.filter((holder) => holder.holderId !== ports.ownHolderId);
  const payload = writeChangedIds(ids);
  await Promise.all(others.map((holder) => settleHolder(holder, { payload, untilMs, listedAtMs }, ports)));
}

interface Settling {
  readonly payload: Uint8Array;
  readonly untilMs: number;
  readonly listedAtMs: number;
}

async function settleHolder(holder: Holder, settling: Settling, ports: SettlePorts): Promise<void> {
  const { untilMs } = settling;
  const subject = invalidateSubject(holder.holderId);
  for (;;) {
    const leftMs = untilMs - ports.monotonicMs();
    if (leftMs <= 0) break;
    try {
      await ports.request(subject, settling.payload, Math.min(leftMs, ATTEMPT_MS));
      return;
    } catch {
      await ports.pause(Math.min(RETRY_AFTER_MS, Math.max(0, untilMs - ports.monotonicMs())));
    }
  }
  // Without its row, the next changes need not wait for it; if it has renewed since it was listed, it stays. A list that
  // came late may show a renewal from after the commit, whose lease has not ended yet: then it stays, too.
  if (ports.monotonicMs() - settling.listedAtMs < LEASE_MS) return;
  await ports.holders.removeSilent(holder).catch(() => undefined);
}
