import { newId } from '../new-id.js';
import { newProject, type Project } from '../projects/project.js';
import { FIRST_PLAN, type Organization } from './organization.js';

const FALLBACK_NAME = 'My organization';

/**
 * The organization that comes with a new account, with one project. It is named by the person, not by the domain of the
 * address: whoever has an address at a company does not speak for the company.
 */
export function personalOrganization(name: string, nowMs: number): { organization: Organization; project: Project } {
  const organization = { id: newId('org'), name: name.trim() || FALLBACK_NAME, plan: FIRST_PLAN };
  return { organization, project: newProject(organization.id, 'default', 'Default', nowMs) };
}
