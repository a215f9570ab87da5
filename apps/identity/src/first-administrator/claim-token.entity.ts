import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row at most: a new token takes the place of the old one. */
@Entity('claim_tokens')
export class ClaimTokenEntity {
  @PrimaryColumn('boolean') singleton: boolean;
  @Column('bytea', { name: 'token_hash' }) tokenHash: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'used_at', nullable: true }) usedAt: Date | null;
}
