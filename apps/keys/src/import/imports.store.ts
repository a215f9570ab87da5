import type { Actor } from '@gatehouse/contracts/actor';
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from '../lease/changes.store.js';
import { writeAudit } from '../lifecycle/audit.store.js';
import { countLiveKeys, lockOrganization } from '../lifecycle/key-quota.store.js';
import { type Peppers, sealedForms, sealNew } from '../secrets/peppers.js';
import type { NewImport } from './read-rows.js';
import type { AddedDigest } from './settle-rows.js';

export interface ImportBatch {
  readonly importId: string;
  readonly api: string;
  readonly projectId: string;
  /** The plan that the organization has, where nothing is known of it yet. */
  readonly plan: string;
  /** How many live keys of this API a plan lets an organization have; null: any number. */
  readonly keysMaxOf: (plan: string) => number | null;
  /** Each with another digest. */
  readonly imports: readonly NewImport[];
  readonly atMs: number;
}

interface SecretOwner {
  readonly keyId: string;
  readonly organizationId: string;
  readonly api: string;
}

/** Imports in PostgreSQL. Throws when it fails, and then nothing of the batch is there. */
export class ImportsStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly peppers: Peppers,
  ) {}

  /**
   * Adds keys for the digests that are nowhere yet; one that is there stays as it is, whatever its state, so that no
   * import brings a key back that was revoked. The organization's row is locked while keys are counted and added.
   * @returns digest -> what became of it
   */
  add(batch: ImportBatch, actor: Actor): Promise<ReadonlyMap<string, AddedDigest>> {
    return inTransaction(this.dataSource, async (manager) => {
      const keysMax = batch.keysMaxOf(await lockOrganization(manager, actor.organizationId, batch.plan));
      const added = new Map<string, AddedDigest>();
      const there = await this.findOwners(manager, batch.imports);
      const unknown = batch.imports.filter(({ digest }) => !there.has(digest));
      const scope = { organizationId: actor.organizationId, api: batch.api };
      const room = keysMax === null ? unknown.length : keysMax - (await countLiveKeys(manager, scope, batch.atMs));
      const fitting = unknown.slice(0, Math.max(0, room));
      const inserted = await this.insert(manager, fitting, batch, actor);
      // Another organization has brought the same digest at this moment.
      const lost = fitting.filter(({ key }) => !inserted.has(key.keyId));
      const thereNow = lost.length === 0 ? there : new Map([...there, ...(await this.findOwners(manager, lost))]);
      for (const { digest, key } of batch.imports) {
        const owner = thereNow.get(digest);
        if (inserted.has(key.keyId)) added.set(digest, { kind: 'added', keyId: key.keyId });
        else if (owner !== undefined) added.set(digest, isOf(owner, scope) ? { kind: 'there', ...owner } : TAKEN);
        else if (keysMax !== null) added.set(digest, { kind: 'quota_reached', keysMax });
      }
      if (inserted.size > 0) await this.audit(manager, batch, actor, inserted.size);
      return added;
    });
  }

  /** Digest -> whose it is, under whatever pepper it was stored. */
  private async findOwners(
    manager: EntityManager,
    imports: readonly NewImport[],
  ): Promise<ReadonlyMap<string, SecretOwner>> {
    const sealed = imports.flatMap(({ digest }) =>
      sealedForms(this.peppers, Buffer.from(digest, 'base64')).map(({ hmac }) => ({ digest, hmac })),
    );
    const digestOf = new Map(sealed.map(({ digest, hmac }) => [hmac.toString('hex'), digest]));
    const rows: { hmac: Buffer; key_id: string; organization_id: string; api: string }[] = await manager.query(
      `SELECT s.secret_hmac AS hmac, s.key_id, k.organization_id, k.api
       FROM key_secrets s JOIN api_keys k ON k.id = s.key_id
       WHERE s.secret_hmac = ANY($1::bytea[])`,
      [sealed.map(({ hmac }) => hmac)],
    );
    const owners = rows.map(({ hmac, key_id: keyId, organization_id: organizationId, api }) => {
      return [digestOf.get(hmac.toString('hex')) ?? '', { keyId, organizationId, api }] as const;
    });
    return new Map(owners);
  }

  /**
   * One statement for all. Secrets go first, in the order of their HMACs, so that two batches with the same digests wait
   * for each other instead of for ever; a digest that is there by then makes no key.
   * @returns the ids of the keys that there are now
   */
  private async insert(
    manager: EntityManager,
    imports: readonly NewImport[],
    batch: ImportBatch,
    actor: Actor,
  ): Promise<ReadonlySet<string>> {
    if (imports.length === 0) return new Set();
    const rows = imports.map(({ digest, key }) => ({
      id: key.keyId,
      hmac: sealNew(this.peppers, Buffer.from(digest, 'base64')).hmac.toString('hex'),
      display: key.secrets.current.display,
      environment: key.environment,
      name: key.name,
      scopes: key.scopes,
      metadata: key.metadata,
      allowed_addresses: key.allowedAddresses,
      limits: key.limits,
      expires_at: key.expiresAtMs === null ? null : new Date(key.expiresAtMs),
    }));
    const inserted: { id: string }[] = await manager.query(
      `WITH given AS MATERIALIZED (
         SELECT * FROM jsonb_to_recordset($1::jsonb) AS row (
           id text, hmac text, display text, environment text, name text, scopes text[], metadata jsonb,
           allowed_addresses text[], limits jsonb, expires_at timestamptz
         )
       ), added AS (
         INSERT INTO key_secrets (secret_hmac, pepper_version, key_id, generation, display, created_at)
         SELECT decode(hmac, 'hex'), $2, id, 1, display, $3 FROM given ORDER BY hmac
         ON CONFLICT (secret_hmac) DO NOTHING
         RETURNING key_id
       )
       INSERT INTO api_keys (id, organization_id, project_id, api, environment, name, scopes, state, revision, metadata,
         allowed_addresses, limits, expires_at, created_at, created_by, created_by_role, imported_by)
       SELECT id, $4, $5, $6, environment, name, scopes, 'active', 1, metadata,
         allowed_addresses, limits, expires_at, $3, $7, $8, $9
       FROM given WHERE id IN (SELECT key_id FROM added)
       RETURNING id`,
      [
        JSON.stringify(rows),
        this.peppers.current.version,
        new Date(batch.atMs),
        actor.organizationId,
        batch.projectId,
        batch.api,
        actor.accountId,
        actor.role,
        batch.importId,
      ],
    );
    return new Set(inserted.map(({ id }) => id));
  }

  private async audit(manager: EntityManager, batch: ImportBatch, actor: Actor, count: number): Promise<void> {
    const { importId, api, projectId, imports, atMs } = batch;
    const detail = { importId, api, projectId, count, firstLine: imports[0]?.line, lastLine: imports.at(-1)?.line };
    await writeAudit(manager, actor, { atMs, action: 'keys.imported', keyId: importId, detail });
  }
}

const TAKEN: AddedDigest = { kind: 'taken' };

function isOf(owner: SecretOwner, scope: { readonly organizationId: string; readonly api: string }): boolean {
  return owner.organizationId === scope.organizationId && owner.api === scope.api;
}
