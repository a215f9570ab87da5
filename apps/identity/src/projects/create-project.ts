import type { Actor, Role } from '@gatehouse/contracts/actor';
import { type Permission, rolesThatMay } from '../organizations/roles.js';
import type { Origin } from '../origin.js';
import { newProject, type Project } from './project.js';
import { isSlug, slugOf } from './slug.js';

export type CreateProjectOutcome =
  | { readonly kind: 'created'; readonly project: Project }
  | {
      readonly kind: 'refused';
      readonly code: 'slug_taken' | 'slug_invalid' | 'permission_denied';
      readonly message: string;
    };

/** A member, whose role is asked for once more; or a management key, of which keys has said what it may. */
export type ProjectCreator =
  | { readonly kind: 'member'; readonly accountId: string; readonly roles: readonly Role[] }
  | { readonly kind: 'key'; readonly keyId: string };

export interface CreateProjectPorts {
  nowMs(): number;
  createProjectAs(
    project: Project,
    creator: ProjectCreator,
    origin: Origin,
  ): Promise<'created' | 'slug_taken' | 'not_permitted'>;
}

const PERMISSION: Permission = 'projects.create';
const KEY_SCOPE = 'projects.write';
const NOT_PERMITTED = {
  kind: 'refused',
  code: 'permission_denied',
  message: 'Your role does not allow this.',
} as const;

/** Creates a project in the actor's organization. The gateway has asked for the role; it may have gone since. */
export async function createProject(
  request: { readonly actor: Actor; readonly name: string; readonly slug?: string | undefined },
  ports: CreateProjectPorts,
): Promise<CreateProjectOutcome> {
  const { actor } = request;
  const creator = creatorOf(actor);
  if (creator === undefined) return NOT_PERMITTED;
  const slug = request.slug ?? slugOf(request.name);
  if (slug === undefined) return invalidSlug('No slug can be made of this name. Give one in the field slug.');
  if (!isSlug(slug)) return invalidSlug('A slug has 1 to 40 characters: a to z, 0 to 9 and hyphens.');
  const project = newProject(actor.organizationId, slug, request.name.trim(), ports.nowMs());
  const origin = { address: actor.address, userAgent: '', requestId: actor.requestId };
  const outcome = await ports.createProjectAs(project, creator, origin);
  switch (outcome) {
    case 'created':
      return { kind: 'created', project };
    case 'slug_taken':
      return {
        kind: 'refused',
        code: 'slug_taken',
        message: `The organization has a project with the slug ${slug} already.`,
      };
    case 'not_permitted':
      return NOT_PERMITTED;
  }
}

/** Undefined: a key without the scope, or whose creator's role does not have the permission. */
function creatorOf({ accountId, role, keyScopes }: Actor): ProjectCreator | undefined {
  const roles = rolesThatMay(PERMISSION);
  if (keyScopes === undefined) return { kind: 'member', accountId, roles };
  return keyScopes.includes(KEY_SCOPE) && roles.includes(role) ? { kind: 'key', keyId: accountId } : undefined;
}

function invalidSlug(message: string): CreateProjectOutcome {
  return { kind: 'refused', code: 'slug_invalid', message };
}
