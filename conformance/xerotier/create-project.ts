import type { PlatformUnderTest } from '../platform.js';

export interface Project {
  readonly id: string;
  readonly slug: string;
}

/** A project of the administrator's organization; one that is there already is taken as it is. */
export async function createProject({ manage }: PlatformUnderTest, slug: string): Promise<Project> {
  const created = await manage('POST', '/api/v1/projects', { name: slug, slug });
  if (created.status === 201) return created.json() as Project;
  const listed = (await manage('GET', '/api/v1/projects')).json() as { data: Project[] };
  const found = listed.data.find((project) => project.slug === slug);
  if (found === undefined) throw new Error(`the project was not created: ${created.status} ${created.text}`);
  return found;
}
