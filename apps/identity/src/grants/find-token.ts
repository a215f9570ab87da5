import type { Session } from '../sessions/session.js';
import type { AccessTokenVerdict } from '../tokens/access-token.js';
import type { FoundGrant } from './grants.store.js';

/** A token of ours, of either kind, and the session that it lives and dies with. Says nothing about whether that stands. */
export interface FoundToken {
  readonly use: 'access' | 'refresh';
  readonly session: Session;
  readonly clientId: string;
  readonly audience: string;
  /** Null: the first one of the account. */
  readonly organizationId: string | null;
  readonly tokenId: string | null;
  /** Unix seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface FindTokenPorts {
  /** Reads an access token for any audience, also one that has expired. */
  readAccessToken(token: string): Promise<AccessTokenVerdict>;
  findSessionById(sessionId: string): Promise<Session | undefined>;
  findGrantOf(refreshToken: string): Promise<FoundGrant | undefined>;
  audienceOfApi(api: string): string;
}

/**
 * Finds out what a text is that somebody says is a token; undefined: none of ours. By no clock: a replica whose clock is ahead
 * would find nothing to revoke in a token that all others take.
 */
export async function findToken(token: string, ports: FindTokenPorts): Promise<FoundToken | undefined> {
  return token.includes('.') ? findAccessToken(token, ports) : findRefreshToken(token, ports);
}

async function findAccessToken(token: string, ports: FindTokenPorts): Promise<FoundToken | undefined> {
  const verdict = await ports.readAccessToken(token);
  if (verdict.kind === 'refused') return undefined;
  const { accountId, sessionId, ...claims } = verdict.claims;
  const session = await ports.findSessionById(sessionId);
  return session === undefined || session.account.id !== accountId ? undefined : { use: 'access', session, ...claims };
}

async function findRefreshToken(token: string, ports: FindTokenPorts): Promise<FoundToken | undefined> {
  const found = await ports.findGrantOf(token);
  if (found === undefined) return undefined;
  const { session, clientId, organizationId, issuedAtMs, expiresAtMs, isUsed } = found;
  return {
    use: 'refresh',
    session,
    clientId,
    organizationId,
    audience: ports.audienceOfApi(found.api),
    tokenId: null,
    issuedAt: Math.floor(issuedAtMs / 1_000),
    // A spent one is over since it was made.
    expiresAt: Math.floor((isUsed ? issuedAtMs : expiresAtMs) / 1_000),
  };
}
