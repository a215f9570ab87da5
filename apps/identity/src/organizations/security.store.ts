import type { DataSource } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { rolesOf } from '../members/members.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';
import { type EntryRules, missingProofs, type Wanted } from './entry.js';

export type SecuredOrganization =
  | { readonly kind: 'set' | 'session_ended' | 'reauth_required' | 'not_permitted' }
  | { readonly kind: 'stronger_sign_in_required'; readonly wants: readonly Wanted[] };

/**
 * Sets what an organization asks of everybody who enters it, if the person is an owner at this moment, could enter it now,
 * and could still enter it afterwards: nobody shuts themselves out, and nobody who is shut out opens the door.
 */
export function secureOrganization(
  dataSource: DataSource,
  person: Person,
  organizationId: string,
  rules: EntryRules,
  nowMs: number,
): Promise<SecuredOrganization> {
  const { accountId, origin } = person;
  return inTransaction(dataSource, async (manager) => {
    const [before] = await rowsOf<{ requires_second_factor: boolean; requires_sso: boolean }>(
      manager,
      'SELECT requires_second_factor, requires_sso FROM organizations WHERE id = $1 FOR UPDATE',
      [organizationId],
    );
    const roles = await rolesOf(manager, organizationId, [accountId]);
    if (before === undefined || roles.get(accountId) !== 'owner') return { kind: 'not_permitted' };
    const own = await findOwnSession(manager, person, true, nowMs);
    if (own.kind !== 'standing') return own;
    const both = {
      requiresSecondFactor: before.requires_second_factor || rules.requiresSecondFactor,
      requiresSso: before.requires_sso || rules.requiresSso,
    };
    const wants = missingProofs(both, own.session.proofs);
    if (wants.length > 0) return { kind: 'stronger_sign_in_required', wants };
    await rowsOf(manager, 'UPDATE organizations SET requires_second_factor = $2, requires_sso = $3 WHERE id = $1', [
      organizationId,
      rules.requiresSecondFactor,
      rules.requiresSso,
    ]);
    await recordAudit(manager, [
      {
        action: 'organization.security_set',
        actorAccountId: accountId,
        organizationId,
        target: organizationId,
        origin,
        atMs: nowMs,
      },
    ]);
    return { kind: 'set' };
  });
}
