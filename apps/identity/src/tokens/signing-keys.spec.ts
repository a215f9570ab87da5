import { deriveSecret } from '@gatehouse/config/derive-secret';
import { rotateSigningKeys } from '@gatehouse/contracts/access-tokens';
import { publishedKeys } from '@gatehouse/contracts/identity';
import { rsaPrivateKey } from '@gatehouse/testing/rsa-private-key';
import { describe, expect, it } from '@jest/globals';
import { identityForEach } from '../identity-for-each.conformance.js';
import { SIGNING_KEYS_KEY } from '../secret-purposes.js';
import {
  ADMIN,
  ADMIN_ENVIRONMENT,
  expectAuthenticated,
  expectSignedIn,
  type IdentityUnderTest,
  ROOT_SECRET,
} from '../start.conformance.js';
import { liveKeyRing } from './live-key-ring.js';
import { type KeyRing, newSigningKey, publishedHalf, sealSigningKey } from './signing-key.js';

const ORIGIN = { address: '192.0.2.9', userAgent: 'a browser', requestId: 'req-9' };

describe('the signing keys', () => {
  let identity: IdentityUnderTest;
  let accountId: string;
  let accessToken: string;
  let sessionToken: string;

  identityForEach(ADMIN_ENVIRONMENT, async (opened) => {
    identity = opened;
    ({ accessToken, sessionToken } = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password)));
    accountId = expectAuthenticated(await identity.authenticate(sessionToken)).account.id;
  });

  const rotate = (drop: boolean, by = accountId) =>
    identity.ask(rotateSigningKeys, { accountId: by, drop, origin: ORIGIN });
  const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
  const published = async () => (await identity.ask(publishedKeys, {})).keys.map(({ kid }) => kid);
  const freshToken = async () => expectAuthenticated(await identity.authenticate(sessionToken)).accessToken ?? '';

  it('are rotated without any token being refused, and the next one is published ahead [C-03]', async () => {
    const rotated = await rotate(false);
    expect(rotated).toMatchObject({ kind: 'rotated' });
    const fresh = await freshToken();
    expect(kidOf(fresh)).not.toBe(kidOf(accessToken));
    for (const token of [accessToken, fresh]) {
      expect((await identity.authenticateToken(token)).kind).toBe('authenticated');
    }
    expect(await published()).toHaveLength(3);
    expect(await published()).toEqual(expect.arrayContaining([kidOf(accessToken), kidOf(fresh)]));
    await rotate(false);
    expect(await published()).toContain(kidOf(await freshToken()));
  });

  it('verify nothing once they are dropped, not even the one that was published ahead [H-013, T-14]', async () => {
    await rotate(false);
    const before = await published();
    const second = await freshToken();
    await rotate(true);
    for (const token of [accessToken, second]) {
      expect(await identity.authenticateToken(token)).toEqual({ kind: 'refused', code: 'token_invalid' });
    }
    const after = await published();
    expect(after).toHaveLength(2);
    expect(after.filter((kid) => before.includes(kid))).toEqual([]);
    expect((await identity.authenticateToken(await freshToken())).kind).toBe('authenticated');
  });

  it('are strong: with one that is not, the service does not start [T-05]', async () => {
    const privateKey = rsaPrivateKey(2_048);
    const sealed = sealSigningKey({ kid: 'weak', privateKey }, deriveSecret(ROOT_SECRET, SIGNING_KEYS_KEY));
    await identity.owner.query(
      `UPDATE signing_keys SET kid = 'weak', private_key_sealed = $1 WHERE state = 'current'`,
      [sealed],
    );
    await expect(identity.start()).rejects.toThrow('the signing key weak is not RSA of 3072 bits');
  });

  it('are rotated by nobody but the operator, and by one at a time', async () => {
    expect(await rotate(true, 'acc_somebody')).toEqual({ kind: 'not_permitted' });
    expect(kidOf(await freshToken())).toBe(kidOf(accessToken));
    await Promise.all(Array.from({ length: 5 }, () => rotate(false)));
    const states = await identity.owner.query('SELECT state, count(*)::int FROM signing_keys GROUP BY state');
    expect(
      Object.fromEntries(states.map(({ state, count }: { state: string; count: number }) => [state, count])),
    ).toEqual({ current: 1, next: 1, retired: 5 });
    expect((await identity.authenticateToken(accessToken)).kind).toBe('authenticated');
  });
});

describe('a replica', () => {
  const ringOf = async (): Promise<KeyRing> => {
    const key = await newSigningKey();
    return { current: key, published: new Map([[key.kid, publishedHalf(key)]]) };
  };
  const tokenOf = (kid: unknown) => `${Buffer.from(JSON.stringify({ kid })).toString('base64url')}.e30.x`;

  it('reads the keys anew for a token of a key that it does not know, once a second at most', async () => {
    const [first, second] = [await ringOf(), await ringOf()];
    let reads = 0;
    let nowMs = 0;
    const read = async () => {
      reads += 1;
      return second;
    };
    const ring = liveKeyRing(first, read, () => nowMs);
    for (const token of ['', 'x', 'a.b.c', tokenOf(7), tokenOf(first.current.kid)]) await ring.prepareFor(token);
    expect(reads).toBe(0);
    await ring.prepareFor(tokenOf(second.current.kid));
    expect(ring.current.kid).toBe(second.current.kid);
    expect(ring.published.has(first.current.kid)).toBe(false);
    for (let index = 0; index < 100; index += 1) await ring.prepareFor(tokenOf(`unknown ${index}`));
    expect(reads).toBe(1);
    nowMs = 1_000;
    await ring.prepareFor(tokenOf('unknown'));
    expect(reads).toBe(2);
  });
});
