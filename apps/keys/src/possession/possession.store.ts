import type { DataSource } from 'typeorm';
import { type Peppers, sealedForms } from '../secrets/peppers.js';

/** The key that a secret is of, and which of its secrets it is. */
export interface KeyOfSecret {
  readonly keyId: string;
  readonly organizationId: string;
  readonly creatorRole: string;
  readonly generation: number;
}

/** Finds keys by their secrets, for those who come with one. Every method throws when it fails. */
export class PossessionStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly peppers: Peppers,
  ) {}

  /** @param digest of the secret, as the hot path has it */
  async find(digest: Buffer): Promise<KeyOfSecret | undefined> {
    const forms = sealedForms(this.peppers, digest).map(({ hmac }) => hmac);
    const [row]: KeyOfSecret[] = await this.dataSource.query(
      `SELECT k.id AS "keyId", k.organization_id AS "organizationId", k.created_by_role AS "creatorRole", s.generation
       FROM key_secrets s JOIN api_keys k ON k.id = s.key_id WHERE s.secret_hmac = ANY($1::bytea[])`,
      [forms],
    );
    return row;
  }
}
