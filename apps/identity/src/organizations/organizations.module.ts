import type { Provider, Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { AUDIT_DOOR, AuditController, type AuditDoor } from '../audit/audit.controller.js';
import { auditLogOf } from '../audit/audit-log.store.js';
import { PROJECTS_DOOR, ProjectsController, type ProjectsDoor } from '../projects/projects.controller.js';
import { createProjectAs, findProjectOf, listProjectsOf } from '../projects/projects.store.js';
import { ORGANIZATIONS_DOOR, OrganizationsController, type OrganizationsDoor } from './organizations.controller.js';
import { secureOrganization } from './security.store.js';
import { setStanding } from './standing.store.js';

interface OrganizationsParts {
  readonly dataSource: DataSource;
  nowMs(): number;
}

export const ORGANIZATION_CONTROLLERS: readonly Type[] = [OrganizationsController, ProjectsController, AuditController];

/** What stands behind an organization: how it stands, its projects, its audit log. */
export function organizationProviders({ dataSource, nowMs }: OrganizationsParts): Provider[] {
  const { manager } = dataSource;
  const organizations: OrganizationsDoor = {
    setStanding: (...change) => setStanding(dataSource, ...change, nowMs()),
    secure: (...change) => secureOrganization(dataSource, ...change, nowMs()),
  };
  const projects: ProjectsDoor = {
    create: { nowMs, createProjectAs: (...project) => createProjectAs(dataSource, ...project) },
    list: (organizationId) => listProjectsOf(manager, organizationId),
    find: (organizationId, idOrSlug) => findProjectOf(manager, organizationId, idOrSlug),
  };
  const audit: AuditDoor = { auditLogOf: (query) => auditLogOf(manager, query) };
  return [
    { provide: ORGANIZATIONS_DOOR, useValue: organizations },
    { provide: PROJECTS_DOOR, useValue: projects },
    { provide: AUDIT_DOOR, useValue: audit },
  ];
}
