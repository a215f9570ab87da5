import type { Membership } from '@gatehouse/contracts/identity';
import type { Standing } from '../organizations/standing.store.js';
import { type AuthenticatePorts, authenticateSessionOf } from '../sessions/authenticate.js';
import { judgeSession, type Session } from '../sessions/session.js';
import type { AccessTokenClaims, AccessTokenVerdict } from './access-token.js';

/** A token that came with a request to a published API, and whose tokens that API takes. */
export interface TokenForApi {
  readonly accessToken: string;
  readonly api: string;
  readonly accepts: readonly ('platform' | 'own')[];
}

export interface JudgeForApiPorts extends Pick<AuthenticatePorts, 'nowMs' | 'findSessionById' | 'extendSession'> {
  /** The audience of tokens of the platform's own pages. */
  readonly platformAudience: string;
  /** Reads the token for the audiences that the API takes. */
  judgeAccessToken(token: TokenForApi, nowMs: number): Promise<AccessTokenVerdict>;
  /** Those that what the session has shown is enough for. */
  membershipsOf(session: Session): Promise<readonly Membership[]>;
  standingOf(organizationId: string): Promise<Standing | undefined>;
}

export type JudgedForApi =
  | {
      readonly kind: 'valid';
      readonly accountId: string;
      readonly sessionId: string;
      readonly membership: Membership;
      readonly standing: Standing;
    }
  | {
      readonly kind: 'refused';
      readonly code: 'token_invalid' | 'token_expired' | 'token_ended' | 'membership_missing';
    };

/**
 * Who may act with a token on an API, now: the token, then its session, then the membership. A token that names no
 * organization acts for the one that the account belongs to for longest.
 */
export async function judgeForApi(token: TokenForApi, ports: JudgeForApiPorts): Promise<JudgedForApi> {
  const verdict = await ports.judgeAccessToken(token, ports.nowMs());
  if (verdict.kind === 'refused') return verdict;
  const { accountId, organizationId } = verdict.claims;
  const session = await standingSession(verdict.claims, ports);
  if (session === undefined) return refused('token_ended');

  const memberships = await ports.membershipsOf(session);
  const membership =
    organizationId === null ? memberships[0] : memberships.find((one) => one.organizationId === organizationId);
  if (membership === undefined) return refused('membership_missing');
  const standing = await ports.standingOf(membership.organizationId);
  if (standing === undefined) return refused('membership_missing');
  return { kind: 'valid', accountId, sessionId: session.id, membership, standing };
}

/** A session of the platform's pages lives on by being used; one of a grant has its refresh tokens for that. */
async function standingSession(claims: AccessTokenClaims, ports: JudgeForApiPorts) {
  if (claims.audience === ports.platformAudience) {
    const outcome = await authenticateSessionOf(claims, ports);
    return outcome.kind === 'authenticated' ? outcome.session : undefined;
  }
  const session = await ports.findSessionById(claims.sessionId);
  if (session === undefined || session.account.id !== claims.accountId) return undefined;
  return judgeSession(session, ports.nowMs()) === 'ended' ? undefined : session;
}

function refused(code: Extract<JudgedForApi, { kind: 'refused' }>['code']): JudgedForApi {
  return { kind: 'refused', code };
}
