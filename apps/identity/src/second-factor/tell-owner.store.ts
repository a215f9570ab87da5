import type { EntityManager } from 'typeorm';
import type { Mailing } from '../mail/mailing.store.js';
import type { MailParameters, MailTemplate } from '../mail/templates.js';
import type { Origin } from '../origin.js';

/** Something that happened to how somebody signs in. */
export interface Happened {
  readonly accountId: string;
  readonly email: string;
  readonly template: MailTemplate;
  readonly origin: Origin;
  readonly nowMs: number;
}

/** Tells the owner of an account what happened to it, in the transaction of the change [P-14]. */
export async function tellOwner(
  manager: EntityManager,
  mailing: Mailing,
  { accountId, email, template, origin, nowMs }: Happened,
  more: MailParameters = {},
): Promise<void> {
  const { address, userAgent } = origin;
  const parameters = { when: new Date(nowMs).toUTCString(), address, userAgent, ...more };
  await mailing.queue(manager, { to: email, accountId, template, parameters }, nowMs);
}
