import type { Actor } from '@gatehouse/contracts/actor';
import type { DataSource, EntityManager } from 'typeorm';
import { findAnswer, forgetAnswers, keepAnswer } from './answers.store.js';
import { writeAudit } from './audit.store.js';
import type { AnswerClaim, KeptAnswer } from './kept-answer.js';
import { KeyEntity } from './key.entity.js';
import type { KeyRecord } from './key-record.js';
import type { ListPlace, ListScope } from './list-cursor.js';
import type { RevokeDecision } from './revoke-key.js';

/** The one pepper in use; a row names the pepper under which it was sealed. */
const PEPPER_VERSION = 1;

export type IssueOutcome =
  | { readonly kind: 'issued' }
  | { readonly kind: 'answered_before'; readonly answer: KeptAnswer };

/** Keys in PostgreSQL. Each change writes its audit row in its own transaction. Every method throws when it fails. */
export class KeysStore {
  constructor(private readonly dataSource: DataSource) {}

  findAnswer(claim: AnswerClaim, nowMs: number): Promise<KeptAnswer | undefined> {
    return findAnswer(this.dataSource, claim, nowMs);
  }

  forgetAnswers(nowMs: number): Promise<void> {
    return forgetAnswers(this.dataSource, nowMs);
  }

  /** Stores a new key, and for a request with an Idempotency-Key its answer; or finds the answer of the first one. */
  issue(
    key: KeyRecord,
    secretHmac: Buffer,
    actor: Actor,
    kept: { readonly claim: AnswerClaim; readonly answer: KeptAnswer } | undefined,
  ): Promise<IssueOutcome> {
    return this.change(async (manager) => {
      if (kept !== undefined && !(await keepAnswer(manager, kept.claim, kept.answer, key.createdAtMs))) {
        const answer = await findAnswer(manager, kept.claim, key.createdAtMs);
        if (answer === undefined) throw new Error('an answer that was there a moment ago is gone');
        return { kind: 'answered_before', answer };
      }
      await manager.insert(KeyEntity, { ...rowOf(key), secretHmac, pepperVersion: PEPPER_VERSION });
      const { api, environment, scopes, name, projectId, expiresAtMs } = key;
      const detail = { api, environment, scopes, name, projectId, expiresAtMs };
      await writeAudit(manager, actor, { atMs: key.createdAtMs, action: 'key.issued', keyId: key.keyId, detail });
      return { kind: 'issued' };
    });
  }

  async find(organizationId: string, keyId: string): Promise<KeyRecord | undefined> {
    const row = await this.dataSource.manager.findOneBy(KeyEntity, { id: keyId, organizationId });
    return row === null ? undefined : recordOf(row);
  }

  /** Keys of a list, newest first, `limit` at most, from after a place on. */
  async list(scope: ListScope, after: ListPlace | undefined, limit: number): Promise<KeyRecord[]> {
    const query = this.dataSource
      .createQueryBuilder(KeyEntity, 'key')
      .where('key.organizationId = :organizationId', { organizationId: scope.organizationId });
    if (scope.api !== undefined) query.andWhere('key.api = :api', { api: scope.api });
    if (scope.projectId !== undefined) query.andWhere('key.projectId = :projectId', { projectId: scope.projectId });
    if (after !== undefined) {
      const place = { createdAt: new Date(after.createdAtMs), id: after.keyId };
      query.andWhere('(key.createdAt, key.id) < (:createdAt, :id)', place);
    }
    const rows = await query.orderBy('key.createdAt', 'DESC').addOrderBy('key.id', 'DESC').limit(limit).getMany();
    return rows.map(recordOf);
  }

  /**
   * Revokes a key of this organization as `decide` says. When it returns, the change is committed and durable, and has
   * its number in the sequence of changes that lease holders follow.
   */
  revoke(
    actor: Actor,
    keyId: string,
    decide: (key: KeyRecord) => RevokeDecision,
  ): Promise<RevokeDecision | { readonly kind: 'not_found' }> {
    return this.change(async (manager) => {
      const row = await manager.findOne(KeyEntity, {
        where: { id: keyId, organizationId: actor.organizationId },
        lock: { mode: 'pessimistic_write' },
      });
      if (row === null) return { kind: 'not_found' };
      const decision = decide(recordOf(row));
      if (decision.kind === 'revoke') await this.writeRevoked(manager, actor, row.revision, decision.key);
      return decision;
    });
  }

  /** One transaction. What was answered must outlive a crash, whatever the server's default is. */
  private change<Outcome>(work: (manager: EntityManager) => Promise<Outcome>): Promise<Outcome> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL synchronous_commit = on');
      return work(manager);
    });
  }

  private async writeRevoked(manager: EntityManager, actor: Actor, fromRevision: number, key: KeyRecord) {
    const { state, revision, revokedAt, revocationReason } = rowOf(key);
    const change = { state, revision, revokedAt, revocationReason };
    const changed = await manager.update(KeyEntity, { id: key.keyId, revision: fromRevision }, change);
    if (changed.affected !== 1) throw new Error('a locked key has changed');
    const atMs = key.revokedAtMs ?? key.createdAtMs;
    const detail = { reason: key.revocationReason };
    await writeAudit(manager, actor, { atMs, action: 'key.revoked', keyId: key.keyId, detail });
    await numberChange(manager, key.keyId);
  }
}

/**
 * Gives a change its number. The row lock on the counter is held until the commit, so that numbers become visible in
 * their order and none can appear below one that was seen; last in its transaction, so that it is held briefly.
 */
async function numberChange(manager: EntityManager, keyId: string): Promise<void> {
  await manager.query(
    `WITH next AS (UPDATE change_counter SET seq = seq + 1 RETURNING seq)
     INSERT INTO key_changes (seq, key_id) SELECT seq, $1 FROM next`,
    [keyId],
  );
}

function rowOf(key: KeyRecord) {
  return {
    id: key.keyId,
    organizationId: key.organizationId,
    projectId: key.projectId,
    api: key.api,
    environment: key.environment,
    plan: key.plan,
    name: key.name,
    display: key.display,
    scopes: [...key.scopes],
    state: key.state,
    revision: key.revision,
    metadata: { ...key.metadata },
    createdAt: new Date(key.createdAtMs),
    createdBy: key.createdBy,
    expiresAt: key.expiresAtMs === null ? null : new Date(key.expiresAtMs),
    revokedAt: key.revokedAtMs === null ? null : new Date(key.revokedAtMs),
    revocationReason: key.revocationReason,
  };
}

function recordOf(row: KeyEntity): KeyRecord {
  const { id, createdAt, expiresAt, revokedAt, secretHmac: _, pepperVersion: __, ...same } = row;
  return {
    ...same,
    keyId: id,
    createdAtMs: createdAt.getTime(),
    expiresAtMs: expiresAt?.getTime() ?? null,
    revokedAtMs: revokedAt?.getTime() ?? null,
  };
}
