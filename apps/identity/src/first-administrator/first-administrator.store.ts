import type { DataSource, EntityManager } from 'typeorm';
import { addVerifiedAccount } from '../accounts/accounts.store.js';
import type { AuditAction } from '../audit/audit.js';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { addOrganization } from '../organizations/organizations.store.js';
import { addProject } from '../projects/projects.store.js';
import { proceed } from '../sign-in/proceed.store.js';
import type { Proceeded } from '../sign-in/proceeded.js';
import { ClaimTokenEntity } from './claim-token.entity.js';
import type { FirstAdministrator } from './first-administrator.js';

/**
 * Makes a claim token the only valid one, as long as there is no account.
 * @returns whether it is valid now.
 */
export async function offerClaim(manager: EntityManager, tokenHash: Buffer, nowMs: number): Promise<boolean> {
  const offered = await rowsOf(
    manager,
    `INSERT INTO claim_tokens AS c (singleton, token_hash, created_at)
     SELECT true, $1, $2 WHERE NOT EXISTS (SELECT 1 FROM accounts)
     ON CONFLICT (singleton) DO UPDATE SET token_hash = $1, created_at = $2 WHERE c.used_at IS NULL
     RETURNING singleton`,
    [tokenHash, new Date(nowMs)],
  );
  return offered.length > 0;
}

/** Whether a claim token would be accepted now. Spends nothing. */
export async function isClaimOpen(manager: EntityManager, tokenHash: Buffer): Promise<boolean> {
  const token = await manager.findOneBy(ClaimTokenEntity, { tokenHash });
  return token !== null && token.usedAt === null;
}

/**
 * Spends a claim token and creates the first administrator with a session, all or nothing. Of any number at once,
 * the statement that spends the token lets one through.
 */
export function claimInstallation(
  dataSource: DataSource,
  tokenHash: Buffer,
  administrator: FirstAdministrator,
): Promise<Proceeded | undefined> {
  return inTransaction(dataSource, async (manager) => {
    const spent = await rowsOf(
      manager,
      'UPDATE claim_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL RETURNING singleton',
      [tokenHash, new Date(administrator.atMs)],
    );
    if (spent.length === 0 || !(await writeFirstAdministrator(manager, administrator))) return undefined;
    const { account, origin, atMs } = administrator;
    return proceed(manager, { accountId: account.id, proven: ['password'], origin, nowMs: atMs });
  });
}

/** Creates the first administrator that the environment names, unless there is one. No claim token is valid after it. */
export function createFirstAdministrator(
  dataSource: DataSource,
  administrator: FirstAdministrator,
): Promise<'created' | 'exists'> {
  return inTransaction(dataSource, async (manager) => {
    // The token first, as a claim does: in another order the two would wait for each other.
    await rowsOf(manager, 'UPDATE claim_tokens SET used_at = $1 WHERE used_at IS NULL', [new Date(administrator.atMs)]);
    return (await writeFirstAdministrator(manager, administrator)) ? 'created' : 'exists';
  });
}

/** @returns false where there is, or was, an administrator: the one row of `installation` is taken. */
async function writeFirstAdministrator(manager: EntityManager, administrator: FirstAdministrator): Promise<boolean> {
  const { account, organization, project, atMs, origin } = administrator;
  const claimed = await rowsOf(
    manager,
    `INSERT INTO installation (singleton, account_id, claimed_at)
     SELECT true, $1, $2 WHERE NOT EXISTS (SELECT 1 FROM accounts)
     ON CONFLICT DO NOTHING RETURNING account_id`,
    [account.id, new Date(atMs)],
  );
  if (claimed.length === 0) return false;
  await addVerifiedAccount(manager, account, administrator.email, administrator.stored, atMs);
  await addOrganization(manager, organization, account.id, atMs);
  await addProject(manager, project);
  const entry = (action: AuditAction, target: string) => ({
    action,
    actorAccountId: account.id,
    organizationId: organization.id,
    target,
    origin,
    atMs,
  });
  await recordAudit(manager, [
    entry('installation.claimed', account.id),
    entry('organization.created', organization.id),
    entry('project.created', project.id),
  ]);
  return true;
}
