import type { PersonFacts } from './caller.js';
import type { Needs } from './needs.js';

/**
 * Decides about one person whose token stands. Undefined: may go on. A route that names a project is for that project's
 * keys: persons are of an organization, so they are refused there.
 */
export function judgePerson(
  person: PersonFacts,
  { projectId, scopesNeeded }: Pick<Needs, 'projectId' | 'scopesNeeded'>,
): 'organization_suspended' | 'key_of_other_project' | 'scope_missing' | undefined {
  if (person.organizationSuspended) return 'organization_suspended';
  if (projectId !== null) return 'key_of_other_project';
  return scopesNeeded.every((scope) => person.scopes.includes(scope)) ? undefined : 'scope_missing';
}
