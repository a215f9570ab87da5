import type { Actor } from '@gatehouse/contracts/actor';
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, numberChanges } from '../lease/changes.store.js';
import type { Announce } from '../lease/settling.js';
import type { SealedDigest } from '../secrets/peppers.js';
import { forgetOldSecretUse } from '../usage/secret-uses.store.js';
import { findAnswer, forgetAnswers, keepAnswer } from './answers.store.js';
import { writeAudit } from './audit.store.js';
import type { AnswerClaim, KeptAnswer } from './kept-answer.js';
import { KeyEntity, KeySecretEntity } from './key.entity.js';
import type { KeyChange, KeyDecision, SecretsChange } from './key-decision.js';
import { countLiveKeys, lockOrganization } from './key-quota.store.js';
import type { KeyRecord } from './key-record.js';
import { changeableColumnsOf, columnsOf, type KeyRow, recordOf, SELECT_KEYS, selectKeys } from './key-rows.js';
import type { ListPlace, ListScope } from './list-cursor.js';

export interface NewKey {
  readonly key: KeyRecord;
  readonly sealed: SealedDigest;
  /** The plan that the organization has, where nothing is known of it yet. */
  readonly plan: string;
  /** How many live keys of this API its plan lets an organization have; null: any number. */
  readonly keysMaxOf: (plan: string) => number | null;
  /** For a request with an Idempotency-Key: its answer. */
  readonly kept: { readonly claim: AnswerClaim; readonly answer: KeptAnswer } | undefined;
}

export type IssueOutcome =
  | { readonly kind: 'issued' }
  | { readonly kind: 'quota_reached'; readonly keysMax: number }
  | { readonly kind: 'answered_before'; readonly answer: KeptAnswer };

export interface ChangeOptions {
  readonly removed?: boolean;
  readonly announce?: () => ReturnType<Announce>;
}

/** Keys in PostgreSQL. Each change writes its audit row in its own transaction. Every method throws when it fails. */
export class KeysStore {
  constructor(private readonly dataSource: DataSource) {}

  findAnswer(claim: AnswerClaim, nowMs: number): Promise<KeptAnswer | undefined> {
    return findAnswer(this.dataSource, claim, nowMs);
  }

  forgetAnswers(nowMs: number): Promise<void> {
    return forgetAnswers(this.dataSource, nowMs);
  }

  /**
   * Stores a new key, and for a request with an Idempotency-Key its answer; or finds the answer of the first one. The
   * organization's row is locked while its keys are counted, so that of any number at once no more are made than may be [A2].
   */
  issue({ key, sealed, plan, keysMaxOf, kept }: NewKey, actor: Actor): Promise<IssueOutcome> {
    return inTransaction(this.dataSource, async (manager) => {
      const keysMax = keysMaxOf(await lockOrganization(manager, key.organizationId, plan));
      if (kept !== undefined && !(await keepAnswer(manager, kept.claim, kept.answer, key.createdAtMs))) {
        const answer = await findAnswer(manager, kept.claim, key.createdAtMs);
        if (answer === undefined) throw new Error('an answer that was there a moment ago is gone');
        return { kind: 'answered_before', answer };
      }
      if (keysMax !== null && (await countLiveKeys(manager, key, key.createdAtMs)) >= keysMax) {
        if (kept !== undefined) await this.dropAnswer(manager, kept.claim);
        return { kind: 'quota_reached', keysMax };
      }
      await manager.insert(KeyEntity, columnsOf(key));
      const { generation, display, createdAtMs } = key.secrets.current;
      await insertSecret(manager, key.keyId, { ...sealed, generation, display, createdAtMs });
      const { api, environment, scopes, name, projectId, expiresAtMs, allowedAddresses, limits } = key;
      const detail = { api, environment, scopes, name, projectId, expiresAtMs, allowedAddresses, limits };
      await writeAudit(manager, actor, { atMs: key.createdAtMs, action: 'key.issued', keyId: key.keyId, detail });
      return { kind: 'issued' };
    });
  }

  async find(organizationId: string, keyId: string): Promise<KeyRecord | undefined> {
    const [row]: KeyRow[] = await this.dataSource.query(
      `${SELECT_KEYS} WHERE k.id = $1 AND k.organization_id = $2 AND k.deleted_at IS NULL`,
      [keyId, organizationId],
    );
    return row && recordOf(row);
  }

  /** Keys of a list, newest first, `limit` at most, from after a place on. */
  async list(scope: ListScope, after: ListPlace | undefined, limit: number): Promise<KeyRecord[]> {
    const rows: KeyRow[] = await this.dataSource.query(
      // The page first, then its secrets: looked for along with all keys, they would cost more with every key there is.
      `${selectKeys(`(
         SELECT * FROM api_keys
         WHERE organization_id = $1 AND deleted_at IS NULL
           AND ($2::text IS NULL OR api = $2) AND ($3::text IS NULL OR project_id = $3)
           AND ($7::text IS NULL OR created_by = $7)
           AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5))
         ORDER BY created_at DESC, id DESC LIMIT $6
       )`)} ORDER BY k.created_at DESC, k.id DESC`,
      [
        scope.organizationId,
        scope.api ?? null,
        scope.projectId ?? null,
        after === undefined ? null : new Date(after.createdAtMs),
        after?.keyId ?? '',
        limit,
        scope.createdBy ?? null,
      ],
    );
    return rows.map(recordOf);
  }

  /**
   * Changes a key of this organization as `decide` says, which sees it under its row lock. When it returns, the change is
   * committed and durable, and has its number in the sequence of changes that lease holders follow.
   * @param removed whether a key that was removed can be found.
   * @param announce what has to be done before the change gets its number; begun where there is something to change, while the
   * key's row is locked. Nothing is changed where a holder does not know.
   * @throws HolderUnaware
   */
  change<Decision extends KeyDecision<string>>(
    actor: Actor,
    keyId: string,
    decide: (key: KeyRecord) => Decision,
    { removed = false, announce }: ChangeOptions = {},
  ): Promise<Decision | { readonly kind: 'not_found' }> {
    return inTransaction(this.dataSource, async (manager) => {
      const locked: unknown[] = await manager.query(
        `SELECT 1 FROM api_keys WHERE id = $1 AND organization_id = $2 AND (deleted_at IS NULL OR $3) FOR UPDATE`,
        [keyId, actor.organizationId, removed],
      );
      // Read only now: a statement that waited for the lock has seen the secrets as they were before.
      const [row]: KeyRow[] = locked.length === 0 ? [] : await manager.query(`${SELECT_KEYS} WHERE k.id = $1`, [keyId]);
      if (row === undefined) return { kind: 'not_found' };
      const before = recordOf(row);
      const decision = decide(before);
      if (decision.kind === 'change') await writeChange(manager, actor, before, decision, announce?.());
      return decision;
    });
  }

  private async dropAnswer(manager: EntityManager, claim: AnswerClaim): Promise<void> {
    await manager.query('DELETE FROM kept_answers WHERE organization_id = $1 AND idempotency_hash = $2', [
      claim.organizationId,
      claim.idempotencyHash,
    ]);
  }
}

async function writeChange(
  manager: EntityManager,
  actor: Actor,
  before: KeyRecord,
  change: KeyChange,
  announced: ReturnType<Announce> | undefined,
): Promise<void> {
  const { key, action, atMs, detail, secrets } = change;
  const changed = await manager.update(
    KeyEntity,
    { id: key.keyId, revision: before.revision },
    changeableColumnsOf(key),
  );
  if (changed.affected !== 1) throw new Error('a locked key has changed');
  if (secrets !== undefined) await writeSecrets(manager, key.keyId, secrets);
  await writeAudit(manager, actor, { atMs, action, keyId: key.keyId, detail });
  await numberChanges(manager, [key.keyId], await announced);
}

/** First the end of the one, then the other: at no moment does a key have two current secrets. */
async function writeSecrets(manager: EntityManager, keyId: string, { ends, current }: SecretsChange): Promise<void> {
  const ended = await manager.update(
    KeySecretEntity,
    { keyId, generation: ends.generation },
    { endsAt: new Date(ends.endsAtMs) },
  );
  if (ended.affected !== 1) throw new Error('a secret of a locked key is gone');
  if ('hmac' in current) {
    await insertSecret(manager, keyId, current);
    await forgetOldSecretUse(manager, keyId, ends.generation);
  } else await manager.update(KeySecretEntity, { keyId, generation: current.generation }, { endsAt: null });
}

async function insertSecret(
  manager: EntityManager,
  keyId: string,
  { createdAtMs, ...secret }: Extract<SecretsChange['current'], { hmac: Buffer }>,
): Promise<void> {
  await manager.insert(KeySecretEntity, { ...secret, keyId, createdAt: new Date(createdAtMs), endsAt: null });
}
