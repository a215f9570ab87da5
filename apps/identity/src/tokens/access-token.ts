import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Session } from '../sessions/session.js';
import type { KeyRing } from './signing-key.js';

const ACCESS_TOKEN_SECONDS = 60 * 60;
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
});

export interface IssuedAccessToken {
  readonly accessToken: string;
  readonly ttlSeconds: number;
}

export type AccessTokenVerdict =
  | { readonly kind: 'valid'; readonly sessionId: string; readonly accountId: string }
  | { readonly kind: 'refused'; readonly code: 'token_invalid' | 'token_expired' };

/** Signs an access token for a session: an hour at most, never longer than the session itself. */
export async function issueAccessToken(
  session: Session,
  keys: KeyRing,
  issuer: string,
  nowMs: number,
): Promise<IssuedAccessToken> {
  const issuedAt = Math.floor(nowMs / 1_000);
  const expiresAt = Math.min(issuedAt + ACCESS_TOKEN_SECONDS, Math.floor(session.absoluteExpiresAtMs / 1_000));
  const accessToken = await new SignJWT({ sid: session.id, client_id: 'gatehouse' })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: keys.current.kid })
    .setIssuer(issuer)
    .setSubject(session.account.id)
    .setAudience(issuer)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .setJti(randomUUID())
    .sign(keys.current.privateKey);
  return { accessToken, ttlSeconds: expiresAt - issuedAt };
}

/**
 * Reads an access token: our signature with RS256 by a key that we know, our type, issuer and audience, not expired.
 * Says nothing about whether its session still stands.
 */
export async function judgeAccessToken(
  token: string,
  keys: KeyRing,
  issuer: string,
  nowMs: number,
): Promise<AccessTokenVerdict> {
  if (token.length > MAX_TOKEN_LENGTH) return invalid;
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKeyOf(keys, kid), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer,
      audience: issuer,
      currentDate: new Date(nowMs),
    });
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) return invalid;
    return { kind: 'valid', sessionId: claims.data.sid, accountId: claims.data.sub };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: 'refused', code: 'token_expired' };
    if (error instanceof errors.JOSEError) return invalid;
    throw error;
  }
}

const invalid = { kind: 'refused', code: 'token_invalid' } as const;

function publicKeyOf(keys: KeyRing, kid: unknown) {
  const key = typeof kid === 'string' ? keys.published.get(kid) : undefined;
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key.publicKey;
}
