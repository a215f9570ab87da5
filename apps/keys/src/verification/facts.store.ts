import type { OrganizationQuotas, Quotas } from '@gatehouse/contracts/keys';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { Pool } from 'pg';
import { within } from '../deadline.js';
import { windowsOf } from '../lifecycle/quotas.js';
import { type Peppers, sealedForms } from '../secrets/peppers.js';

/** Below every asker's patience: an answer that the gateway no longer waits for helps nobody. */
export const FIND_DEADLINE_MS = 250;

interface FactsRow {
  readonly secret_hmac: Buffer;
  readonly generation: number;
  readonly ends_at: Date | null;
  readonly id: string;
  readonly revision: number;
  readonly api: string;
  readonly organization_id: string;
  readonly project_id: string;
  readonly environment: string;
  readonly name: string;
  readonly metadata: Record<string, string>;
  readonly scopes: string[];
  readonly state: KeyFacts['state'];
  readonly expires_at: Date | null;
  readonly allowed_addresses: string[];
  readonly limits: Quotas | null;
  readonly remaining_uses: string | null;
  readonly created_by_role: string;
  readonly plan: string;
  readonly organization_limits: OrganizationQuotas | null;
  readonly suspended_at: Date | null;
}

const VERIFY_KEYS = {
  name: 'verify-keys',
  text: `SELECT s.secret_hmac, s.generation, s.ends_at, k.id, k.revision + o.revision AS revision, k.api,
           k.organization_id, k.project_id, k.environment, k.name, k.metadata, k.scopes, k.state, k.expires_at,
           k.allowed_addresses, k.limits, k.remaining_uses, k.created_by_role, o.plan,
           o.limits AS organization_limits, o.suspended_at
         FROM key_secrets s JOIN api_keys k ON k.id = s.key_id
         JOIN organizations o ON o.organization_id = k.organization_id
         WHERE s.secret_hmac = ANY($1::bytea[])`,
};

/** Asks PostgreSQL for the keys with these digests, with one statement for all of them. */
export class FactsStore {
  constructor(
    private readonly pool: Pool,
    private readonly peppers: Peppers,
    /** Told about secrets that are stored under an older pepper than the current one. */
    private readonly foundUnderOldPepper: (digest: Buffer, hmac: Buffer) => void = () => undefined,
    private readonly deadlineMs = FIND_DEADLINE_MS,
  ) {}

  /**
   * Opens every connection of the pool and prepares the statement on it, so that the first questions to a replica that
   * begins under load do not wait for that.
   */
  async warmUp(): Promise<void> {
    const warmUp = async () => {
      const connection = await this.pool.connect();
      await connection.query({ ...VERIFY_KEYS, values: [[]] }).finally(() => connection.release());
    };
    await Promise.all(Array.from({ length: this.pool.options.max }, warmUp));
  }

  /**
   * @returns digest (as latin1 text) -> facts; digests of no key are not in it.
   * @throws where PostgreSQL does not answer in time.
   */
  async find(digests: readonly string[]): Promise<ReadonlyMap<string, KeyFacts>> {
    const digestOf = new Map<string, string>();
    const old = new Set<string>();
    const sealed: Buffer[] = [];
    for (const digest of digests) {
      for (const { hmac, pepperVersion } of sealedForms(this.peppers, Buffer.from(digest, 'latin1'))) {
        const name = hmac.toString('latin1');
        digestOf.set(name, digest);
        if (pepperVersion < this.peppers.current.version) old.add(name);
        sealed.push(hmac);
      }
    }
    const query = { ...VERIFY_KEYS, values: [sealed], query_timeout: this.deadlineMs };
    const { rows } = await within(this.deadlineMs, 'PostgreSQL', this.pool.query<FactsRow>(query));
    const found = new Map<string, KeyFacts>();
    for (const row of rows) {
      const name = row.secret_hmac.toString('latin1');
      const digest = digestOf.get(name);
      if (digest === undefined) continue;
      found.set(digest, factsOf(row));
      if (old.has(name)) this.foundUnderOldPepper(Buffer.from(digest, 'latin1'), row.secret_hmac);
    }
    return found;
  }
}

function factsOf(row: FactsRow): KeyFacts {
  return {
    keyId: row.id,
    revision: row.revision,
    api: row.api,
    organizationId: row.organization_id,
    projectId: row.project_id,
    plan: row.plan,
    environment: row.environment,
    name: row.name,
    metadata: row.metadata,
    scopes: row.scopes,
    state: row.state,
    expiresAtMs: row.expires_at?.getTime() ?? null,
    allowedAddresses: row.allowed_addresses,
    limits: windowsOf(row.limits),
    organizationLimits: row.organization_limits && {
      key: windowsOf(row.organization_limits.key),
      organization: windowsOf(row.organization_limits.organization),
    },
    organizationSuspended: row.suspended_at !== null,
    uses: row.remaining_uses === null ? 'unlimited' : row.remaining_uses === '0' ? 'exhausted' : 'left',
    creatorRole: row.created_by_role,
    secret: { generation: row.generation, endsAtMs: row.ends_at?.getTime() ?? null },
  };
}
