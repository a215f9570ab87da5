import type { EntityManager } from 'typeorm';
import { voidChallengesOf } from '../sign-in/challenges.store.js';
import { type EndedSessions, endSessionsOf } from './sessions.store.js';

/**
 * Ends everything that an account has opened: sessions with their access tokens, and sign-ins that wait for a second factor.
 * In the transaction of what ends them, so that none is opened in between with what was valid before.
 * @returns how many sessions stood until now.
 */
export async function endAccess(manager: EntityManager, change: EndedSessions): Promise<number> {
  await voidChallengesOf(manager, change.accountId, change.nowMs);
  return endSessionsOf(manager, change);
}
