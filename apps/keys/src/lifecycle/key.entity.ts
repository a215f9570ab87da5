import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row of `api_keys`. Never leaves keys.store.ts. */
@Entity('api_keys')
export class KeyEntity {
  @PrimaryColumn({ type: 'text' })
  id: string;

  /** Written once, never read back through the entity. */
  @Column({ name: 'secret_hmac', type: 'bytea', select: false })
  secretHmac: Buffer;

  @Column({ name: 'pepper_version', type: 'smallint' })
  pepperVersion: number;

  @Column({ name: 'organization_id', type: 'text' })
  organizationId: string;

  @Column({ name: 'project_id', type: 'text' })
  projectId: string;

  @Column({ type: 'text' })
  api: string;

  @Column({ type: 'text' })
  environment: string;

  @Column({ type: 'text' })
  plan: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  display: string;

  @Column({ type: 'text', array: true })
  scopes: string[];

  @Column({ type: 'text' })
  state: 'active' | 'disabled' | 'revoked';

  @Column({ type: 'integer' })
  revision: number;

  @Column({ type: 'jsonb' })
  metadata: Record<string, string>;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  @Column({ name: 'revocation_reason', type: 'text', nullable: true })
  revocationReason: string | null;
}
