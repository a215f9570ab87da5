import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('organizations')
export class OrganizationEntity {
  @PrimaryColumn('text') id: string;
  @Column('text') name: string;
  /** Name of a plan of the API profiles. */
  @Column('text') plan: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
}
