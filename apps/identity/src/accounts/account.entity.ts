import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('accounts')
export class AccountEntity {
  @PrimaryColumn('text') id: string;
  /** As the person wrote it. */
  @Column('text') email: string;
  @Column('text', { name: 'email_lookup' }) emailLookup: string;
  @Column('text') name: string;
  @Column('timestamptz', { name: 'email_verified_at', nullable: true }) emailVerifiedAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
}
