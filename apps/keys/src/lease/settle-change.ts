import { type ChangeMessage, writeChange } from '@gatehouse/lease/change-message';
import { REVOKER_WAIT_MS } from '@gatehouse/lease/lease';
import type { Announcement } from './announce-change.js';
import type { HolderKind } from './holders.store.js';
import { othersOf, pauseUntil, type ReachPorts, reachHolder, tellHolder } from './reach-holder.js';

/** How long a holder may take that need not be waited for. */
const TELL_MS = 200;

/**
 * Replicas first: a gateway remembers what a replica told it. Told before them, it could learn the old state from one of
 * them again, and keep it.
 */
const ORDER: readonly HolderKind[] = ['keys', 'gateway'];

export interface SettlePorts extends ReachPorts {
  readonly holders: ReachPorts['holders'] & {
    /** @returns whether the announcement was entered until now. */
    endAnnouncement(changeId: string): Promise<boolean>;
  };
}

/** Why a change holds everywhere, holder by holder. */
export interface Settlement {
  /** Have forgotten what they remembered of it, and said so; the replica that made the change among them. */
  readonly acknowledged: readonly SettledHolder[];
  /** Were not heard; every lease that they took without knowing of the change has run out. */
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
 * lease has run out. Whoever learned of the change before it was made is told that it was, and not waited for. Never
 * fails: waiting a whole lease from the commit on is enough without knowing any holder.
 * @param change what was made; its announcement ends with it.
 * @param committedAtMs monotonic time, not before the commit was known to be done.
 */
export async function settleChange(
  change: Announcement,
  committedAtMs: number,
  ports: SettlePorts,
): Promise<Settlement> {
  const { changeId, ids } = change;
  const message: ChangeMessage = { kind: 'made', changeId, ids };
  // An entry that is gone may have been gone before the change was made: then it has told nobody.
  const isEntered = change.isEntered && (await ports.holders.endAnnouncement(changeId).catch(() => false));
  ports.hear(message);
  const acknowledged: SettledHolder[] = [{ holderId: ports.ownHolderId, kind: 'keys' }];
  const expired: SettledHolder[] = [];
  const untilMs = committedAtMs + REVOKER_WAIT_MS;
  const others = await othersOf(ports);
  if (others === undefined) {
    await pauseUntil(untilMs, ports);
    return { acknowledged, expired, listed: false };
  }
  const telling = { payload: writeChange(message), untilMs, listedAtMs: ports.monotonicMs() };
  for (const kind of ORDER) {
    const ofKind = others.filter((holder) => holder.kind === kind);
    await Promise.all(
      ofKind.map(async (holder) => {
        const knowsAlready = isEntered && holder.learnsAnnounced;
        const hasHeard = knowsAlready
          ? await tellHolder(holder, telling.payload, TELL_MS, ports)
          : await reachHolder(holder, telling, ports);
        (hasHeard ? acknowledged : expired).push({ holderId: holder.holderId, kind });
      }),
    );
  }
  return { acknowledged, expired, listed: true };
}
