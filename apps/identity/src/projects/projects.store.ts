import type { DataSource, EntityManager } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Origin } from '../origin.js';
import type { ProjectCreator } from './create-project.js';
import { ProjectEntity } from './project.entity.js';
import type { Project } from './project.js';

/** Writes the first project of a new organization, in the caller's transaction. */
export async function addProject(manager: EntityManager, project: Project): Promise<void> {
  const { createdAtMs, ...rest } = project;
  await manager.insert(ProjectEntity, { ...rest, createdAt: new Date(createdAtMs) });
}

/**
 * Creates a project if its creator may, at this moment, and the slug is free.
 * One statement decides, so that of any number at once with one slug, one is created.
 */
export async function createProjectAs(
  dataSource: DataSource,
  project: Project,
  creator: ProjectCreator,
  origin: Origin,
): Promise<'created' | 'slug_taken' | 'not_permitted'> {
  return inTransaction(dataSource, async (manager) => {
    if (!(await insertProject(manager, project, creator))) {
      const taken = await manager.existsBy(ProjectEntity, {
        organizationId: project.organizationId,
        slug: project.slug,
      });
      return taken ? 'slug_taken' : 'not_permitted';
    }
    await recordAudit(manager, [
      {
        action: 'project.created',
        actorAccountId: creator.kind === 'member' ? creator.accountId : creator.keyId,
        organizationId: project.organizationId,
        target: project.id,
        origin,
        atMs: project.createdAtMs,
      },
    ]);
    return 'created';
  });
}

async function insertProject(manager: EntityManager, project: Project, creator: ProjectCreator): Promise<boolean> {
  const row = [project.id, project.organizationId, project.slug, project.name, new Date(project.createdAtMs)];
  const [from, values] =
    creator.kind === 'member'
      ? [
          'memberships m WHERE m.organization_id = $2 AND m.account_id = $6 AND m.role = ANY($7)',
          [...row, creator.accountId, creator.roles],
        ]
      : ['organizations o WHERE o.id = $2', row];
  const created = await rowsOf(
    manager,
    `INSERT INTO projects (id, organization_id, slug, name, created_at) SELECT $1, $2, $3, $4, $5 FROM ${from}
     ON CONFLICT (organization_id, slug) DO NOTHING RETURNING id`,
    values,
  );
  return created.length > 0;
}

/** All projects of an organization, the oldest first. */
export async function listProjectsOf(manager: EntityManager, organizationId: string): Promise<Project[]> {
  const rows = await manager.find(ProjectEntity, { where: { organizationId }, order: { createdAt: 'ASC', id: 'ASC' } });
  return rows.map(({ createdAt, ...rest }) => ({ ...rest, createdAtMs: createdAt.getTime() }));
}

interface ProjectRow {
  id: string;
  organization_id: string;
  slug: string;
  name: string;
  created_at: Date;
  plan: string;
}

/**
 * A project of an organization by its id or slug, with the organization's plan.
 * @param idOrSlug undefined: the organization's first project.
 */
export async function findProjectOf(
  manager: EntityManager,
  organizationId: string,
  idOrSlug: string | undefined,
): Promise<{ project: Project; plan: string } | undefined> {
  const [row] = await rowsOf<ProjectRow>(
    manager,
    `SELECT p.id, p.organization_id, p.slug, p.name, p.created_at, o.plan
     FROM projects p JOIN organizations o ON o.id = p.organization_id
     WHERE p.organization_id = $1 AND ($2::text IS NULL OR p.id = $2 OR p.slug = $2)
     ORDER BY p.created_at, p.id LIMIT 1`,
    [organizationId, idOrSlug ?? null],
  );
  if (row === undefined) return undefined;
  const project = {
    id: row.id,
    organizationId: row.organization_id,
    slug: row.slug,
    name: row.name,
    createdAtMs: row.created_at.getTime(),
  };
  return { project, plan: row.plan };
}
