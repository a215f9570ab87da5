import type { Quotas } from '@gatehouse/contracts/keys';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row of `api_keys`. Never leaves the stores of this service. */
@Entity('api_keys')
export class KeyEntity {
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ name: 'organization_id', type: 'text' })
  organizationId: string;

  @Column({ name: 'project_id', type: 'text' })
  projectId: string;

  @Column({ type: 'text' })
  api: string;

  @Column({ type: 'text' })
  environment: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', array: true })
  scopes: string[];

  @Column({ type: 'text' })
  state: 'active' | 'disabled' | 'quarantined' | 'revoked';

  @Column({ type: 'integer' })
  revision: number;

  @Column({ type: 'jsonb' })
  metadata: Record<string, string>;

  @Column({ name: 'allowed_addresses', type: 'text', array: true })
  allowedAddresses: string[];

  @Column({ type: 'jsonb', nullable: true })
  limits: Quotas | null;

  @Column({ name: 'remaining_uses', type: 'bigint', nullable: true })
  remainingUses: number | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_by_role', type: 'text' })
  creatorRole: string;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  @Column({ name: 'revocation_reason', type: 'text', nullable: true })
  revocationReason: string | null;

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  removedAt: Date | null;
}

/** One row of `key_secrets`: a secret of a key, as an HMAC. */
@Entity('key_secrets')
export class KeySecretEntity {
  @PrimaryColumn({ name: 'secret_hmac', type: 'bytea' })
  hmac: Buffer;

  @Column({ name: 'pepper_version', type: 'smallint' })
  pepperVersion: number;

  @Column({ name: 'key_id', type: 'text' })
  keyId: string;

  @Column({ type: 'integer' })
  generation: number;

  @Column({ type: 'text' })
  display: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** Null: the key's current secret. */
  @Column({ name: 'ends_at', type: 'timestamptz', nullable: true })
  endsAt: Date | null;
}
