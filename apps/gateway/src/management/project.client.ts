import type { Actor } from '@gatehouse/contracts/actor';
import { findProject } from '@gatehouse/contracts/identity';
import { Refusal } from './refusal.js';
import type { AskService } from './services.client.js';

/**
 * The project of the actor's organization that a request names by id or slug, else the first one; and the plan of the
 * organization.
 * @throws Refusal validation_error where there is none
 */
export async function findProjectOf(actor: Actor, project: string | undefined, ask: AskService) {
  const found = await ask(findProject, { actor, project });
  if (found.kind === 'found') return found;
  throw new Refusal('validation_error', { errors: { project: 'there is no such project in this organization' } });
}
