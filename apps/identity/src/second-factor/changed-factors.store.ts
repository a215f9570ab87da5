import type { EntityManager } from 'typeorm';
import type { AuditAction } from '../audit/audit.js';
import { recordAudit } from '../audit/audit.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { MailTemplate } from '../mail/templates.js';
import { endAccess } from '../sessions/end-access.store.js';
import type { Person } from '../sessions/own-session.store.js';
import { tellOwner } from './tell-owner.store.js';

/** What a person has changed about the own factors. */
export interface ChangedFactors {
  readonly person: Person;
  readonly email: string;
  readonly action: AuditAction;
  readonly template: MailTemplate;
  /** Whether what was opened with the old factors ends, but for the session in which it was changed [H-076]. */
  readonly endsOthers: boolean;
  readonly nowMs: number;
}

/** What every change of factors brings with it, in its transaction: an entry in the log, a notice, the end of the others. */
export async function afterFactorsChanged(
  manager: EntityManager,
  mailing: Mailing,
  { person, email, action, template, endsOthers, nowMs }: ChangedFactors,
): Promise<void> {
  const { accountId, sessionId, origin } = person;
  await recordAudit(manager, [
    { action, actorAccountId: accountId, organizationId: null, target: accountId, origin, atMs: nowMs },
  ]);
  await tellOwner(manager, mailing, { accountId, email, template, origin, nowMs });
  if (!endsOthers) return;
  await endAccess(manager, { accountId, exceptSessionId: sessionId, reason: 'second_factor_changed', origin, nowMs });
}
