import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Session } from '../sessions/session.js';
import type { KeyRing } from './signing-key.js';

/** Who verifies a token with the published keys alone trusts it so long. */
const ACCESS_TOKEN_SECONDS = 60 * 60;
/** The client of the platform's own pages. */
const PLATFORM_CLIENT = 'gatehouse';
/** The one algorithm. Never taken from a token. */
const ALGORITHM = 'RS256';
const TYPE = 'at+jwt';
const MAX_TOKEN_LENGTH = 8_192;

/** RFC 9068, section 2.2, and the session that the token lives and dies with. */
const claimsSchema = z.object({
  sub: z.string(),
  sid: z.string(),
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
  client_id: z.string(),
  org: z.string().optional(),
});

/** What a token of ours says. */
export interface AccessTokenClaims {
  readonly accountId: string;
  readonly sessionId: string;
  /** The organization that it was issued for; null: it names none. */
  readonly organizationId: string | null;
  readonly clientId: string;
  readonly audience: string;
  readonly tokenId: string;
  /** Unix seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface IssuedAccessToken {
  readonly accessToken: string;
  readonly ttlSeconds: number;
}

export type AccessTokenVerdict =
  | { readonly kind: 'valid'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'refused'; readonly code: 'token_invalid' | 'token_expired' };

/** For whom, and for what, an access token is made. */
export interface TokenSubject {
  readonly accountId: string;
  /** What it lives and dies with. */
  readonly sessionId: string;
  /** The organization that it acts for; null: the first one of the account. */
  readonly organizationId: string | null;
  readonly clientId: string;
  readonly audience: string;
  /** It never lives longer. */
  readonly endsAtMs: number;
}

/** How tokens are signed. */
export interface TokenSigning {
  readonly keys: KeyRing;
  readonly issuer: string;
}

/** What the token of a sign-in to the platform's own pages is for [X2]: the platform, and APIs that take such tokens. */
export function subjectOfSession(session: Session, issuer: string): TokenSubject {
  return {
    accountId: session.account.id,
    sessionId: session.id,
    organizationId: null,
    clientId: PLATFORM_CLIENT,
    audience: issuer,
    endsAtMs: session.absoluteExpiresAtMs,
  };
}

/** Signs an access token (RFC 9068). */
export async function issueAccessToken(
  subject: TokenSubject,
  { keys, issuer }: TokenSigning,
  nowMs: number,
): Promise<IssuedAccessToken> {
  const issuedAt = Math.floor(nowMs / 1_000);
  const expiresAt = Math.min(issuedAt + ACCESS_TOKEN_SECONDS, Math.floor(subject.endsAtMs / 1_000));
  const accessToken = await new SignJWT({
    sid: subject.sessionId,
    ...(subject.organizationId === null ? {} : { org: subject.organizationId }),
    client_id: subject.clientId,
  })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: keys.current.kid })
    .setIssuer(issuer)
    .setSubject(subject.accountId)
    .setAudience(subject.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .setJti(randomUUID())
    .sign(keys.current.privateKey);
  return { accessToken, ttlSeconds: expiresAt - issuedAt };
}

/** The audience of tokens of one API: no other API, and not the platform itself, takes them. */
export function audienceOfApi(issuer: string, api: string): string {
  return `${issuer}/apis/${api}`;
}

/**
 * Reads an access token: our signature with RS256 by a key that we know, our type and issuer, one of these audiences, not
 * expired. Says nothing about whether its session still stands.
 */
export async function judgeAccessToken(
  token: string,
  keys: KeyRing,
  { issuer, audiences }: { readonly issuer: string; readonly audiences: readonly string[] | 'any' },
  nowMs: number,
): Promise<AccessTokenVerdict> {
  if (token.length > MAX_TOKEN_LENGTH) return invalid;
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKeyOf(keys, kid), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer,
      ...(audiences === 'any' ? {} : { audience: [...audiences] }),
      currentDate: new Date(nowMs),
    });
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) return invalid;
    return { kind: 'valid', claims: readClaims(claims.data) };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: 'refused', code: 'token_expired' };
    if (error instanceof errors.JOSEError) return invalid;
    throw error;
  }
}

function readClaims({ sub, sid, org, client_id, aud, jti, iat, exp }: z.output<typeof claimsSchema>) {
  return {
    accountId: sub,
    sessionId: sid,
    organizationId: org ?? null,
    clientId: client_id,
    audience: aud,
    tokenId: jti,
    issuedAt: iat,
    expiresAt: exp,
  };
}

const invalid = { kind: 'refused', code: 'token_invalid' } as const;

function publicKeyOf(keys: KeyRing, kid: unknown) {
  const key = typeof kid === 'string' ? keys.published.get(kid) : undefined;
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key.publicKey;
}
