import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('audit_events')
export class AuditEventEntity {
  @PrimaryColumn('text') id: string;
  @Column('timestamptz') at: Date;
  @Column('text') action: string;
  @Column('text', { name: 'actor_account_id', nullable: true }) actorAccountId: string | null;
  @Column('text', { name: 'organization_id', nullable: true }) organizationId: string | null;
  @Column('text') target: string;
  @Column('text') address: string;
  @Column('text', { name: 'user_agent' }) userAgent: string;
  @Column('text', { name: 'request_id' }) requestId: string;
}
