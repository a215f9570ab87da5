import type { Membership } from '@gatehouse/contracts/identity';
import { judgeSession } from '../sessions/session.js';
import type { FoundToken } from './find-token.js';

/**
 * Whether a token that was found stands at this moment and acts for the organization that asks: its own time, its session,
 * and the membership of its account.
 */
export function isActiveFor(
  token: FoundToken,
  organizationId: string,
  memberships: readonly Membership[],
  nowMs: number,
): boolean {
  if (nowMs >= token.expiresAt * 1_000) return false;
  if (judgeSession(token.session, nowMs) === 'ended') return false;
  const actsFor = token.organizationId ?? memberships[0]?.organizationId;
  return actsFor === organizationId && memberships.some((one) => one.organizationId === organizationId);
}
