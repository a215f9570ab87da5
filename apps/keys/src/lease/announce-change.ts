import { writeChange } from '@gatehouse/lease/change-message';
import { subjectOf } from './holder-messages.js';
import type { SettlePorts } from './settle-change.js';

/** How long a holder that says nothing may hold a change up. */
const ANNOUNCE_MS = 500;

/**
 * Has every holder that answers forget these keys before they change, and remember them no more until the change is
 * made: then all see it at one moment, and nobody accepts what another one has refused. A holder that says nothing is
 * not waited for here; `settleChange` waits for it.
 * @param ids of keys, or of organizations.
 */
export async function announceChange(changeId: string, ids: readonly string[], ports: AnnouncePorts): Promise<void> {
  const { ownHolderId, holders, request } = ports;
  ports.hear({ kind: 'announced', changeId, ids });
  const others = (await holders.list().catch(() => [])).filter(({ holderId }) => holderId !== ownHolderId);
  const payload = writeChange({ kind: 'announced', changeId, ids });
  await Promise.all(others.map((holder) => request(subjectOf(holder), payload, ANNOUNCE_MS).catch(() => undefined)));
}

export type AnnouncePorts = Pick<SettlePorts, 'ownHolderId' | 'hear' | 'request'> & {
  readonly holders: Pick<SettlePorts['holders'], 'list'>;
};
