import type { Leak } from '@gatehouse/contracts/leaks';
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, numberChanges } from '../lease/changes.store.js';
import type { Announce } from '../lease/settling.js';
import { ENDED_MS } from '../lifecycle/key-record.js';
import { addNotices } from '../notices/notices.store.js';
import type { LeakedSecret } from './judge-leak.js';
import type { FoundLeak, PlannedResponse } from './plan-responses.js';

/** A leak, and every form in which the digest of its secret may be stored. */
export interface SealedLeak {
  readonly leak: Leak;
  readonly hmacs: readonly Buffer[];
}

/** Who reported leaks: the audit log has it in the place of an account. */
export interface LeakReporter {
  readonly name: string;
  readonly address: string;
  readonly requestId: string;
}

export interface LeaksOutcome {
  /** For each leak, in their order: whether there is, or was, such a key. */
  readonly known: readonly boolean[];
  /** Of all keys that were found, whether they have changed or not. */
  readonly keyIds: readonly string[];
}

interface SecretRow {
  readonly secret_hmac: Buffer;
  readonly generation: number;
  readonly display: string;
  readonly ends_at: Date | null;
  readonly id: string;
  readonly organization_id: string;
  readonly api: string;
  readonly state: LeakedSecret['state'];
  readonly expires_at: Date | null;
}

/** What leaks do to keys, in PostgreSQL. Every method throws when it fails. */
export class LeaksStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Responds to leaks as `plan` says, which sees their keys under their locks. A notice that was given before is not given
   * again, and only with a new one a key changes: so a report that comes twice does nothing, even where somebody has let
   * the key work again in between. Keys, notices and audit log are written together or not at all.
   */
  respond(
    leaks: readonly SealedLeak[],
    reporter: LeakReporter,
    nowMs: number,
    plan: (found: readonly FoundLeak[]) => readonly PlannedResponse[],
    announce: Announce,
  ): Promise<LeaksOutcome> {
    return inTransaction(this.dataSource, async (manager) => {
      const secrets = await lockSecrets(
        manager,
        leaks.flatMap(({ hmacs }) => hmacs),
      );
      const found: FoundLeak[] = [];
      const known = leaks.map(({ leak, hmacs }) => {
        const secret = hmacs.map((hmac) => secrets.get(hmac.toString('latin1'))).find((one) => one !== undefined);
        if (secret !== undefined) found.push({ leak, secret });
        return secret !== undefined;
      });
      const told = await addNotices(manager, plan(found), nowMs);
      const changed = await changeKeys(manager, told, nowMs);
      await writeAudit(manager, told, reporter, nowMs);
      const keyIds = [...new Set(found.map(({ secret }) => secret.keyId))];
      if (changed.length > 0) await numberChanges(manager, changed, await announce(keyIds));
      return { known, keyIds };
    });
  }
}

/** Locks the keys that have, or had, these secrets, in the order of their ids, so that two reports never wait for each other. */
async function lockSecrets(
  manager: EntityManager,
  hmacs: readonly Buffer[],
): Promise<ReadonlyMap<string, LeakedSecret>> {
  await manager.query(
    `SELECT 1 FROM api_keys WHERE id IN (SELECT key_id FROM key_secrets WHERE secret_hmac = ANY($1::bytea[]))
     ORDER BY id FOR UPDATE`,
    [hmacs],
  );
  // Read only now: a statement that waited for a lock has seen the secrets as they were before.
  const rows: SecretRow[] = await manager.query(
    `SELECT s.secret_hmac, s.generation, s.display, s.ends_at, k.id, k.organization_id, k.api, k.state, k.expires_at
     FROM key_secrets s JOIN api_keys k ON k.id = s.key_id WHERE s.secret_hmac = ANY($1::bytea[])`,
    [hmacs],
  );
  return new Map(rows.map((row) => [row.secret_hmac.toString('latin1'), secretOf(row)]));
}

function secretOf(row: SecretRow): LeakedSecret {
  return {
    keyId: row.id,
    organizationId: row.organization_id,
    api: row.api,
    state: row.state,
    expiresAtMs: row.expires_at?.getTime() ?? null,
    generation: row.generation,
    endsAtMs: row.ends_at?.getTime() ?? null,
    display: row.display,
  };
}

/** @returns the ids of the keys that have changed. */
async function changeKeys(manager: EntityManager, told: readonly PlannedResponse[], nowMs: number): Promise<string[]> {
  const now = new Date(nowMs);
  const to = (response: PlannedResponse['response']) => told.filter((one) => one.response === response);
  const idsOf = (planned: readonly PlannedResponse[]) => [...new Set(planned.map(({ keyId }) => keyId))];
  const revoked = idsOf(to('revoked'));
  const quarantined = idsOf(to('quarantined'));
  const ended = to('secret_ended');
  const rotated = idsOf(ended).filter((id) => !revoked.includes(id) && !quarantined.includes(id));
  await changeEach(
    manager,
    revoked,
    `UPDATE api_keys SET state = 'revoked', revoked_at = $2, revocation_reason = 'leaked', revision = revision + 1
     WHERE id = ANY($1) AND state <> 'revoked' RETURNING id`,
    [now],
  );
  await changeEach(
    manager,
    quarantined,
    `UPDATE api_keys SET state = 'quarantined', revision = revision + 1
     WHERE id = ANY($1) AND state = 'active' RETURNING id`,
  );
  await changeEach(manager, rotated, 'UPDATE api_keys SET revision = revision + 1 WHERE id = ANY($1) RETURNING id');
  for (const { keyId, secret } of ended) {
    await manager.query('UPDATE key_secrets SET ends_at = $3 WHERE key_id = $1 AND generation = $2 AND ends_at > $4', [
      keyId,
      secret.generation,
      new Date(ENDED_MS),
      now,
    ]);
  }
  return [...revoked, ...quarantined, ...rotated];
}

async function changeEach(
  manager: EntityManager,
  ids: readonly string[],
  sql: string,
  values: readonly unknown[] = [],
) {
  if (ids.length === 0) return;
  const [rows]: [unknown[], number] = await manager.query(sql, [ids, ...values]);
  if (rows.length !== ids.length) throw new Error('a locked key has changed');
}

async function writeAudit(
  manager: EntityManager,
  told: readonly PlannedResponse[],
  { name, address, requestId }: LeakReporter,
  nowMs: number,
): Promise<void> {
  if (told.length === 0) return;
  const rows = told.map(({ organizationId, kind, keyId, detail, secret }) => ({
    action: kind,
    organization_id: organizationId,
    key_id: keyId,
    detail: { ...detail, generation: secret.generation },
  }));
  await manager.query(
    `INSERT INTO audit_entries (at, action, organization_id, account_id, role, address, request_id, key_id, detail)
     SELECT $2, action, organization_id, $3, 'reporter', $4, $5, key_id, detail
     FROM jsonb_to_recordset($1) AS told (action text, organization_id text, key_id text, detail jsonb)`,
    [JSON.stringify(rows), new Date(nowMs), name, address, requestId],
  );
}
