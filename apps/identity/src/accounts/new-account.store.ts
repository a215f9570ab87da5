import type { EntityManager } from 'typeorm';
import type { AuditAction } from '../audit/audit.js';
import { recordAudit } from '../audit/audit.store.js';
import { rowsOf } from '../database/rows.store.js';
import { newId } from '../new-id.js';
import { addOrganization } from '../organizations/organizations.store.js';
import { personalOrganization } from '../organizations/personal-organization.js';
import type { Origin } from '../origin.js';
import { PasswordEntity } from '../password/password.entity.js';
import type { StoredHash } from '../password/stored-hash.js';
import { addProject } from '../projects/projects.store.js';
import type { Account } from './account.js';
import type { EmailAddress } from './email.js';

/** A person who is new here and whose address has been verified. */
export interface NewPerson {
  readonly email: EmailAddress;
  readonly name: string;
  /** Undefined: the account has no password, as where somebody else vouches for the person. */
  readonly stored: StoredHash | undefined;
  readonly origin: Origin;
}

/**
 * Writes a new account with an organization and a project of its own, in the caller's transaction, and voids every
 * sign-up that waits for this address: whoever proves the address second has nothing in the account [H-038].
 * @returns undefined where the address has an account already; or there is no first administrator yet, who would be
 * shut out by an account before the own one.
 */
export async function addPerson(
  manager: EntityManager,
  { email, name, stored, origin }: NewPerson,
  nowMs: number,
): Promise<Account | undefined> {
  const account = { id: newId('acc'), email: email.display, name: name.trim() };
  const now = new Date(nowMs);
  await lockSignUps(manager, email.lookup);
  const added = await rowsOf(
    manager,
    `INSERT INTO accounts (id, email, email_lookup, name, email_verified_at, created_at)
     SELECT $1, $2, $3, $4, $5::timestamptz, $5 WHERE EXISTS (SELECT 1 FROM installation)
     ON CONFLICT (email_lookup) DO NOTHING RETURNING id`,
    [account.id, account.email, email.lookup, account.name, now],
  );
  if (added.length === 0) return undefined;
  if (stored !== undefined) await manager.insert(PasswordEntity, { accountId: account.id, ...stored, setAt: now });
  await voidSignUps(manager, email, nowMs);
  const { organization, project } = personalOrganization(account.name, nowMs);
  await addOrganization(manager, organization, account.id, nowMs);
  await addProject(manager, project);
  const entry = (action: AuditAction, target: string, organizationId: string | null = organization.id) => ({
    action,
    actorAccountId: account.id,
    organizationId,
    target,
    origin,
    atMs: nowMs,
  });
  await recordAudit(manager, [
    entry('account.created', account.id, null),
    entry('organization.created', organization.id),
    entry('project.created', project.id),
  ]);
  return account;
}

/**
 * Makes those who prove one address at once wait for each other. Locked before the account is written and in one order,
 * so that no two wait for each other in a circle.
 */
export async function lockSignUps(manager: EntityManager, emailLookup: string): Promise<void> {
  await rowsOf(
    manager,
    `SELECT 1 FROM pending_sign_ups WHERE email_lookup = $1 AND used_at IS NULL ORDER BY token_hash FOR UPDATE`,
    [emailLookup],
  );
}

/** No sign-up of this address can be verified any more. */
async function voidSignUps(manager: EntityManager, email: EmailAddress, nowMs: number): Promise<void> {
  await rowsOf(manager, 'UPDATE pending_sign_ups SET used_at = $2 WHERE email_lookup = $1 AND used_at IS NULL', [
    email.lookup,
    new Date(nowMs),
  ]);
}
