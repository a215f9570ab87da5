import { type Change, writeChange } from '@gatehouse/lease/change-message';
import { REVOKER_WAIT_MS } from '@gatehouse/lease/lease';
import { othersOf, pauseUntil, type ReachPorts, reachHolder, tellHolder } from './reach-holder.js';

/** How long a holder that says nothing may hold up who has locked rows. */
const ANNOUNCE_MS = 300;

/** What holders know of a change before it is made. */
export interface Announcement extends Change {
  /** Have said that they know, this replica among them. */
  readonly holderIds: readonly string[];
  /** Whoever said nothing learns of it from its renewals, and no lease that it took before has any time left. */
  readonly isEntered: boolean;
}

export interface AnnouncePorts extends ReachPorts {
  readonly holders: ReachPorts['holders'] & {
    /** From its commit on, every renewal tells of the change. */
    enterAnnouncement(change: Change): Promise<void>;
  };
}

/**
 * Has every holder forget these keys before they change, and remember them no more until the change is made: then all
 * see it at one moment, and nobody accepts what another one has refused.
 * Where not all have said so, `enterAnnouncement` has to come before the change. Never fails.
 */
export async function announceChange(change: Change, ports: AnnouncePorts): Promise<Announcement> {
  ports.hear({ kind: 'announced', ...change });
  const others = (await othersOf(ports)) ?? [];
  const payload = writeChange({ kind: 'announced', ...change });
  const told = await Promise.all(others.map((holder) => tellHolder(holder, payload, ANNOUNCE_MS, ports)));
  const aware = others.filter((_, place) => told[place]).map(({ holderId }) => holderId);
  return { ...change, holderIds: [ports.ownHolderId, ...aware], isEntered: false };
}

/**
 * The same for holders that say nothing: renewals tell them from now on, and whatever lease they have that they took
 * before has run out when this returns. Takes as long as a lease does where a holder stays silent.
 * @throws where the announcement cannot be entered; then the change must not be made.
 */
export async function enterAnnouncement(change: Change, ports: AnnouncePorts): Promise<Announcement> {
  ports.hear({ kind: 'announced', ...change });
  await ports.holders.enterAnnouncement(change);
  const untilMs = ports.monotonicMs() + REVOKER_WAIT_MS;
  const others = await othersOf(ports);
  const payload = writeChange({ kind: 'announced', ...change });
  const telling = { payload, untilMs, listedAtMs: ports.monotonicMs() };
  if (others === undefined) await pauseUntil(untilMs, ports);
  else await Promise.all(others.map((holder) => reachHolder(holder, telling, ports)));
  return { ...change, holderIds: [], isEntered: true };
}
