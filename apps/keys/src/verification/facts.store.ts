import type { KeyFacts } from '@gatehouse/key-domain/key';
import { sealDigest } from '@gatehouse/key-domain/key-digest';
import type { Pool } from 'pg';
import { within } from '../deadline.js';

/** Below every asker's patience: an answer that the gateway no longer waits for helps nobody. */
const DEADLINE_MS = 250;

interface FactsRow {
  readonly secret_hmac: Buffer;
  readonly id: string;
  readonly revision: number;
  readonly api: string;
  readonly organization_id: string;
  readonly project_id: string;
  readonly plan: string;
  readonly environment: string;
  readonly scopes: string[];
  readonly state: KeyFacts['state'];
  readonly expires_at: Date | null;
}

/** Asks PostgreSQL for the keys with these digests, with one statement for all of them. */
export class FactsStore {
  constructor(
    private readonly pool: Pool,
    private readonly pepper: Buffer,
  ) {}

  /**
   * @returns digest (as latin1 text) -> facts; digests of no key are not in it.
   * @throws where PostgreSQL does not answer in time.
   */
  async find(digests: readonly string[]): Promise<ReadonlyMap<string, KeyFacts>> {
    const digestOf = new Map<string, string>();
    const sealed = digests.map((digest) => {
      const hmac = sealDigest(this.pepper, Buffer.from(digest, 'latin1'));
      digestOf.set(hmac.toString('latin1'), digest);
      return hmac;
    });
    const query = {
      name: 'verify-keys',
      text: `SELECT secret_hmac, id, revision, api, organization_id, project_id, plan, environment, scopes, state, expires_at
             FROM api_keys WHERE secret_hmac = ANY($1::bytea[])`,
      values: [sealed],
      query_timeout: DEADLINE_MS,
    };
    const { rows } = await within(DEADLINE_MS, 'PostgreSQL', this.pool.query<FactsRow>(query));
    const found = new Map<string, KeyFacts>();
    for (const row of rows) {
      const digest = digestOf.get(row.secret_hmac.toString('latin1'));
      if (digest !== undefined) found.set(digest, factsOf(row));
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
    scopes: row.scopes,
    state: row.state,
    expiresAtMs: row.expires_at?.getTime() ?? null,
  };
}
