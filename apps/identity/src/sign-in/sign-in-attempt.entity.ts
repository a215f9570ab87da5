import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('sign_in_attempts')
export class SignInAttemptEntity {
  /** SHA-256 of the address in look-up form: addresses without an account are counted as well. */
  @PrimaryColumn('bytea', { name: 'address_hash' }) addressHash: Buffer;
  @Column('integer') attempts: number;
  @Column('timestamptz', { name: 'blocked_until', nullable: true }) blockedUntil: Date | null;
  /** When the right password last came: attempts that begin later start anew. */
  @Column('timestamptz', { name: 'forgiven_at', nullable: true }) forgivenAt: Date | null;
  @Column('timestamptz', { name: 'last_attempt_at' }) lastAttemptAt: Date;
}
