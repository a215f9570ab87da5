import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('passwords')
export class PasswordEntity {
  @PrimaryColumn('text', { name: 'account_id' }) accountId: string;
  /** Row of the table of formats in `hash-format.ts`. */
  @Column('text') format: string;
  @Column('text') hash: string;
  @Column('timestamptz', { name: 'set_at' }) setAt: Date;
}
