import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { rsaPrivateKey } from '@gatehouse/testing/rsa-private-key';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Session, startSession } from '../sessions/session.js';
import { audienceOfApi, issueAccessToken, judgeAccessToken, subjectOfSession } from './access-token.js';
import {
  type KeyRing,
  newSigningKey,
  openSigningKey,
  publicJwk,
  publishedHalf,
  type SigningKey,
  sealSigningKey,
} from './signing-key.js';

const ISSUER = 'https://gatehouse.example.test';
const NOW = Date.UTC(2026, 0, 15, 12);
const ACCOUNT = { id: 'acc_0000000000000000000001', email: 'ada@example.test', name: '' };
const REFUSED = { kind: 'refused', code: 'token_invalid' };

describe('an access token', () => {
  let key: SigningKey;
  let stranger: SigningKey;
  let keys: KeyRing;
  let session: Session;
  let header: Record<string, unknown>;
  let claims: Record<string, unknown>;

  beforeAll(async () => {
    key = await newSigningKey();
    stranger = await newSigningKey();
    keys = { current: key, published: new Map([[key.kid, publishedHalf(key)]]) };
    session = startSession(ACCOUNT, ['password'], { address: '', userAgent: '', requestId: '' }, NOW);
    header = { alg: 'RS256', typ: 'at+jwt', kid: key.kid };
    claims = {
      iss: ISSUER,
      aud: ISSUER,
      sub: ACCOUNT.id,
      sid: session.id,
      client_id: 'gatehouse',
      jti: 'one',
      iat: NOW / 1000,
      exp: NOW / 1000 + 3600,
    };
  });

  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = (head: object, body: object) => `${part(head)}.${part(body)}`;
  const signed = (head: object, body: object, by: KeyObject = key.privateKey) =>
    `${input(head, body)}.${sign('sha256', Buffer.from(input(head, body)), by).toString('base64url')}`;
  const issue = (nowMs = NOW) => issueAccessToken(subjectOfSession(session, ISSUER), { keys, issuer: ISSUER }, nowMs);
  const judge = (token: string, nowMs = NOW) =>
    judgeAccessToken(token, keys, { issuer: ISSUER, audiences: [ISSUER] }, nowMs);

  it('is accepted as we issue it, and as the standard describes it [T-03]', async () => {
    const issued = await issue();
    expect(await judge(issued.accessToken)).toMatchObject({
      kind: 'valid',
      claims: { sessionId: session.id, accountId: ACCOUNT.id, organizationId: null },
    });
    expect(await judge(signed(header, claims))).toMatchObject({ kind: 'valid' });
    const [head, body] = issued.accessToken.split('.').map((text) => Buffer.from(text, 'base64url').toString());
    expect(JSON.parse(head ?? '')).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: key.kid });
    expect(JSON.parse(body ?? '')).toEqual({ ...claims, jti: expect.any(String) });
  });

  it('expires after an hour to the second, or with the absolute end of its session [T-04]', async () => {
    const issued = await issue();
    expect((await judge(issued.accessToken, NOW + 3_599_999)).kind).toBe('valid');
    expect(await judge(issued.accessToken, NOW + 3_600_000)).toEqual({ kind: 'refused', code: 'token_expired' });
    const late = await issue(session.absoluteExpiresAtMs - 90_000);
    expect(late.ttlSeconds).toBe(90);
  });

  it('is refused with any algorithm but ours, signature kept or empty [T-01, H-001]', async () => {
    const signature = signed(header, claims).split('.')[2];
    for (const alg of [
      'none',
      'None',
      'NONE',
      'nOnE',
      '',
      null,
      undefined,
      'HS256',
      'RS384',
      'PS256',
      'ES256',
      'RS256 ',
    ]) {
      for (const tail of ['', signature]) {
        expect(await judge(`${input({ ...header, alg }, claims)}.${tail}`)).toEqual(REFUSED);
      }
    }
  });

  it('is refused when the public key was used as an HMAC secret [H-002]', async () => {
    const { publicKey } = publishedHalf(key);
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const secrets = [
      pem,
      pem.trim(),
      ` ${pem}`,
      pem.replaceAll('\n', '\r\n'),
      der,
      JSON.stringify(publicJwk(publishedHalf(key))),
    ];
    for (const secret of secrets) {
      for (const [alg, hash] of [
        ['HS256', 'sha256'],
        ['HS384', 'sha384'],
        ['HS512', 'sha512'],
        ['RS256', 'sha256'],
      ] as const) {
        const head = { ...header, alg };
        const tag = createHmac(hash, secret).update(input(head, claims)).digest('base64url');
        expect(await judge(`${input(head, claims)}.${tag}`)).toEqual(REFUSED);
      }
    }
  });

  it('is refused when it brings or names another key [T-02, H-003, H-005, H-006]', async () => {
    const theirs = publicJwk(publishedHalf(stranger));
    for (const extra of [{}, { jwk: theirs }, { jku: 'http://127.0.0.1:9/jwks' }, { x5u: 'http://127.0.0.1:9/x' }]) {
      expect(await judge(signed({ ...header, ...extra }, claims, stranger.privateKey))).toEqual(REFUSED);
    }
    const kids = [
      stranger.kid,
      '',
      '../../dev/null',
      "' OR 1=1--",
      '__proto__',
      'constructor',
      7,
      [key.kid],
      null,
      undefined,
    ];
    for (const kid of kids) expect(await judge(signed({ ...header, kid }, claims))).toEqual(REFUSED);
    const short = rsaPrivateKey(1_024);
    expect(await judge(signed(header, claims, short))).toEqual(REFUSED);
  });

  it('is refused with critical or unencoded extensions [T-02, H-004]', async () => {
    for (const extra of [{ crit: ['exp'] }, { crit: ['x'], x: 1 }, { b64: false, crit: ['b64'] }]) {
      expect(await judge(signed({ ...header, ...extra }, claims))).toEqual(REFUSED);
    }
  });

  it('is refused as another type, from another issuer, for another audience [T-03, H-008, H-009]', async () => {
    for (const typ of ['JWT', 'jwt', 'logout+jwt', '', undefined, 1]) {
      expect(await judge(signed({ ...header, typ }, claims))).toEqual(REFUSED);
    }
    for (const other of [
      'https://other.example.test',
      `${ISSUER}/`,
      '',
      undefined,
      null,
      [ISSUER],
      [ISSUER, 'x'],
      {},
    ]) {
      expect(await judge(signed(header, { ...claims, aud: other }))).toEqual(REFUSED);
      expect(await judge(signed(header, { ...claims, iss: other }))).toEqual(REFUSED);
    }
  });

  it('is for one API, or for the platform, and good nowhere else [H-009]', async () => {
    const audiences = [ISSUER, audienceOfApi(ISSUER, 'one'), audienceOfApi(ISSUER, 'another')];
    for (const audience of audiences) {
      const subject = { ...subjectOfSession(session, ISSUER), audience };
      const { accessToken } = await issueAccessToken(subject, { keys, issuer: ISSUER }, NOW);
      for (const wanted of audiences) {
        const verdict = await judgeAccessToken(accessToken, keys, { issuer: ISSUER, audiences: [wanted] }, NOW);
        expect(verdict.kind).toBe(wanted === audience ? 'valid' : 'refused');
      }
    }
  });

  it('is refused when a claim is missing or of another kind [H-007]', async () => {
    for (const name of Object.keys(claims)) {
      const { [name]: _, ...rest } = claims;
      expect(await judge(signed(header, rest))).toEqual(REFUSED);
    }
    for (const wrong of [
      { exp: '9999999999' },
      { exp: -1 },
      { exp: 1e15 + 0.5 },
      { org: {} },
      { exp: -1.5 },
      { sub: ['a'] },
      { sid: {} },
      { nbf: NOW / 1000 + 60 },
      { iat: 'x' },
    ]) {
      expect((await judge(signed(header, { ...claims, ...wrong }))).kind).toBe('refused');
    }
  });

  it('is refused when it is no token, or a very long one [T-15]', async () => {
    const issued = (await issue()).accessToken;
    const [head, body, tail] = issued.split('.');
    const broken = [
      '',
      '.',
      '..',
      'a.a.a',
      `${head}.${body}`,
      `${head}.${body}.`,
      `${issued}.x`,
      `${head}.${body}x.${tail}`,
    ];
    for (const token of [...broken, `${'a'.repeat(1_000_000)}.a.a`]) expect(await judge(token)).toEqual(REFUSED);
  });

  it('publishes the public half of its key only', () => {
    const jwk = publicJwk(publishedHalf(key));
    expect(Object.keys(jwk).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(Buffer.from(String(jwk['n']), 'base64url')).toHaveLength(3072 / 8);
  });

  it('has a signing key whose sealed form opens with its own name and secret only', () => {
    const secret = Buffer.alloc(32, 7);
    const sealed = sealSigningKey(key, secret);
    expect(openSigningKey(key.kid, sealed, secret).privateKey.equals(key.privateKey)).toBe(true);
    expect(() => openSigningKey(stranger.kid, sealed, secret)).toThrow('GATEHOUSE_SECRET');
    expect(() => openSigningKey(key.kid, sealed, Buffer.alloc(32, 8))).toThrow('GATEHOUSE_SECRET');
  });

  it('is signed with RSA of 3072 bits, or with nothing: a weaker key does not open [T-05]', () => {
    const secret = Buffer.alloc(32, 7);
    const weak = [
      generateKeyPairSync('rsa', { modulusLength: 2_048 }),
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('ed25519'),
    ];
    for (const { privateKey } of weak) {
      const sealed = sealSigningKey({ kid: 'weak', privateKey }, secret);
      expect(() => openSigningKey('weak', sealed, secret)).toThrow('the signing key weak is not RSA of 3072 bits');
    }
  });
});
