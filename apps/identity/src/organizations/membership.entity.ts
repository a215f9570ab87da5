import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('memberships')
export class MembershipEntity {
  @PrimaryColumn('text', { name: 'organization_id' }) organizationId: string;
  @PrimaryColumn('text', { name: 'account_id' }) accountId: string;
  @Column('text') role: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
}
