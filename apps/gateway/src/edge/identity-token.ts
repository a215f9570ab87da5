import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import { SignJWT } from 'jose';
import { type Caller, isPerson } from './caller.js';

/** How long an upstream may trust a token. */
const TOKEN_LIFE_SECONDS = 60;
/** How long the gateway sends the same one: the upstream always has at least the rest of its life. */
const REUSE_MS = 20_000;

/** Everything of Ed25519's PKCS #8 form that comes before the 32 bytes of the seed (RFC 8410 section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The public half of the key that signs identity tokens, as a JWK (RFC 8037). */
export interface UpstreamIdentityJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** Gives the token for a caller: at once where one was signed within the last 20 seconds for the same facts. */
export type IdentityTokens = (facts: Caller) => string | Promise<string>;

/**
 * Short-lived signed statements to upstreams about who calls: `iss` the platform, `aud` the API, `sub` the key or the
 * account, `org`, `prj`, `env`, `scope`. Verified with `upstreamIdentityJwk`.
 * @param issuer the platform's public address.
 */
export function identityTokens(rootSecret: string, issuer: string, nowMs: () => number): IdentityTokens {
  const key = privateKey(rootSecret);
  const { kid } = jwkOf(key);
  const signed = new WeakMap<Caller, { readonly token: string | Promise<string>; readonly reuseUntilMs: number }>();

  return (facts) => {
    const now = nowMs();
    const earlier = signed.get(facts);
    if (earlier !== undefined && now < earlier.reuseUntilMs && earlier.reuseUntilMs - now <= REUSE_MS) {
      return earlier.token;
    }
    const reuseUntilMs = now + REUSE_MS;
    const token = sign(key, kid, issuer, facts, Math.floor(now / 1000)).then(
      (text) => {
        signed.set(facts, { token: text, reuseUntilMs });
        return text;
      },
      (error: unknown) => {
        signed.delete(facts);
        throw error;
      },
    );
    signed.set(facts, { token, reuseUntilMs });
    return token;
  };
}

/** For `/.well-known/jwks.json`: upstreams verify `X-Gatehouse-Identity` with it. */
export function upstreamIdentityJwk(rootSecret: string): UpstreamIdentityJwk {
  return jwkOf(privateKey(rootSecret));
}

function privateKey(rootSecret: string): KeyObject {
  const seed = deriveSecret(rootSecret, 'upstream-identity');
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}

function jwkOf(key: KeyObject): UpstreamIdentityJwk {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new Error('the identity key has no public half');
  const kid = createHash('sha256').update(x).digest('base64url').slice(0, 16);
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
}

function sign(key: KeyObject, kid: string, issuer: string, facts: Caller, nowSeconds: number): Promise<string> {
  const place = isPerson(facts) ? {} : { prj: facts.projectId, env: facts.environment };
  return new SignJWT({ org: facts.organizationId, ...place, scope: facts.scopes.join(' ') })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid })
    .setIssuer(issuer)
    .setAudience(facts.api)
    .setSubject(isPerson(facts) ? facts.accountId : facts.keyId)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + TOKEN_LIFE_SECONDS)
    .sign(key);
}
