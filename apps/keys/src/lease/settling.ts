import type { Announcement } from './announce-change.js';
import type { Settlement } from './settle-change.js';

/** What whoever changes keys, or organizations, does before and after. */
export interface Settling {
  /** Before the change, where rows are locked: takes 300 ms at most, and not all holders may have said something. */
  readonly announceBriefly: (ids: readonly string[]) => Promise<Announcement>;
  /** Tells those who have said nothing, as long as that takes. @throws where the change must not be made. */
  readonly enter: (announcement: Announcement) => Promise<Announcement>;
  /** After its commit: resolves when it holds on every replica and gateway. */
  readonly settle: (change: Announcement, committedAtMs: number) => Promise<Settlement>;
}

/**
 * Announces what a transaction is about to change. Never fails.
 * @returns the holders that know; undefined where all do that there are, or will be.
 */
export type Announce = (ids: readonly string[]) => Promise<readonly string[] | undefined>;

/** A holder does not know of a change (`numberChanges` finds it): it is waited for, and no row may be locked meanwhile. */
export class HolderUnaware extends Error {}

/**
 * Runs a transaction that announces what it changes, before it changes it. Where a holder may not know, the
 * transaction is rolled back, holders are waited for with nothing locked, and the transaction runs once more.
 * @returns what came of it, and the announcement; undefined where nothing was announced.
 */
export async function changeAtOneMoment<Outcome>(
  settling: Settling,
  transaction: (announce: Announce) => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly announcement: Announcement | undefined }> {
  let announcement: Announcement | undefined;
  const announce = async (ids: readonly string[]) => {
    const entered = new Set(announcement?.isEntered ? announcement.ids : []);
    if (ids.every((id) => entered.has(id))) return undefined;
    announcement = await settling.announceBriefly([...new Set([...entered, ...ids])]);
    return announcement.holderIds;
  };
  for (;;) {
    try {
      return { outcome: await transaction(announce), announcement };
    } catch (error) {
      if (!(error instanceof HolderUnaware) || announcement === undefined) throw error;
      announcement = await settling.enter(announcement);
    }
  }
}

/** A change that nobody was told of before; whoever made it may have died before its end. */
export function unannounced(ids: readonly string[]): Announcement {
  return { changeId: '', ids, holderIds: [], isEntered: false };
}
