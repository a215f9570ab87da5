import { newId } from '../new-id.js';

/** What keys are made for, inside one organization. */
export interface Project {
  readonly id: string;
  readonly organizationId: string;
  /** Its name in addresses, unique in the organization. */
  readonly slug: string;
  readonly name: string;
  readonly createdAtMs: number;
}

export function newProject(organizationId: string, slug: string, name: string, nowMs: number): Project {
  return { id: newId('prj'), organizationId, slug, name, createdAtMs: nowMs };
}
