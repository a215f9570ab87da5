import { createHmac } from 'node:crypto';
import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { type PermissionQuery, parsePermissionQuery } from '@gatehouse/key-domain/permission-query';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { exampleApi, startGateway } from '../proxy/gateway-under-test.conformance.js';
import { FakeKeys } from './fake-keys.conformance.js';
import { type KeyQuestion, verifyKey } from './verify-key.js';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const { profile } = exampleApi();
const second = exampleApi({
  name: 'second',
  profile: { ...profile, name: 'second', key: { prefixes: { live: 'se_live_', test: 'se_test_' } } },
  environments: ['live'],
});
/** Keys of this one have the form of those of `example`. */
const twin = exampleApi({ name: 'twin' });

const BOUND = { allowedAddresses: ['192.0.2.0/24'] };

const permissions = (text: string) => parsePermissionQuery(text) as PermissionQuery;
const question = (secret: string, changes: Partial<KeyQuestion> = {}): KeyQuestion => ({
  secret,
  organizationId: 'org_1',
  api: null,
  environment: null,
  projectId: null,
  permissions: null,
  cost: 1,
  address: null,
  ...changes,
});

describe('the verification of a key', () => {
  let keys: FakeKeys;
  beforeEach(() => {
    keys = new FakeKeys([exampleApi(), second, twin], () => NOW_MS);
  });

  const verify = (secret: string, changes: Partial<KeyQuestion> = {}) =>
    verifyKey(question(secret, changes), keys.ports);
  const codeOf = async (secret: string, changes: Partial<KeyQuestion> = {}) => {
    const result = await verify(secret, changes);
    return result === 'unavailable' ? result : result.code;
  };

  it.each<[string, string, Partial<KeyFacts>, Partial<KeyQuestion>]>([
    ['good', 'VALID', {}, {}],
    [
      'good for what is asked',
      'VALID',
      { scopes: ['read', 'a.b'] },
      { permissions: permissions('read AND (x OR a.*)') },
    ],
    [
      'without a permission',
      'INSUFFICIENT_PERMISSIONS',
      { scopes: ['read'] },
      { permissions: permissions('read AND x') },
    ],
    ['of another API', 'FORBIDDEN', {}, { api: 'twin' }],
    ['of another API with keys of another form', 'FORBIDDEN', {}, { api: 'second' }],
    ['of another environment', 'FORBIDDEN', {}, { environment: 'test' }],
    ['of another project', 'FORBIDDEN', {}, { projectId: 'prj_2' }],
    ['of this API, environment, project', 'VALID', {}, { api: 'example', environment: 'live', projectId: 'prj_1' }],
    ['of an API that is not published any more', 'FORBIDDEN', { api: 'gone' }, {}],
    ['without uses left', 'USAGE_EXCEEDED', { uses: 'exhausted' }, {}],
    ['disabled', 'DISABLED', { state: 'disabled' }, {}],
    ['expired at this very millisecond', 'EXPIRED', { expiresAtMs: NOW_MS }, {}],
    ['revoked', 'REVOKED', { state: 'revoked' }, {}],
    ['revoked and expired', 'REVOKED', { state: 'revoked', expiresAtMs: 1 }, {}],
    ['in quarantine', 'QUARANTINED', { state: 'quarantined' }, {}],
    ['of a suspended organization', 'ORG_SUSPENDED', { organizationSuspended: true }, {}],
    ['rotated out', 'ROTATED', { secret: { generation: 1, endsAtMs: NOW_MS } }, {}],
    ['old, in the grace of a rotation', 'VALID', { secret: { generation: 1, endsAtMs: NOW_MS + 1 } }, {}],
    ['used from elsewhere', 'IP_NOT_ALLOWED', BOUND, { address: '198.51.100.7' }],
    ['bound to addresses, used from nobody says where', 'IP_NOT_ALLOWED', BOUND, {}],
    ['used from where it may be', 'VALID', BOUND, { address: '192.0.2.9' }],
    ['of another organization', 'NOT_FOUND', { organizationId: 'org_2' }, {}],
    ['of another organization, revoked', 'NOT_FOUND', { organizationId: 'org_2', state: 'revoked' }, {}],
    ['of any organization, where none is asked for', 'VALID', { organizationId: 'org_2' }, { organizationId: null }],
  ])('says of one that is %s: %s', async (_name, expected, facts, changes) => {
    expect(await codeOf(keys.add('example', facts), changes)).toBe(expected);
  });

  it('says RATE_LIMITED, and for how long, where a limit is used up', async () => {
    keys.refusedForSeconds = 17;
    const result = await verify(keys.add('example'));
    expect(result).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 17, facts: { keyId: 'key_1' } });
  });

  it('refuses what cannot be a key of any API without asking anybody', async () => {
    const good = keys.add('example');
    for (const garbage of ['', 'x', good.slice(0, -1), `${good}0`, good.toUpperCase(), 'a'.repeat(100_000), 'ghm_']) {
      expect(await codeOf(garbage)).toBe('MALFORMED');
    }
    expect(keys.asked).toBe(0);
  });

  it('says NOT_FOUND of what has the form of a key and is none, of every API', async () => {
    for (const api of ['example', 'second', 'twin', 'gatehouse']) {
      expect(await codeOf(keys.unknown(api))).toBe('NOT_FOUND');
    }
  });

  it('finds out by the key itself which API it is for', async () => {
    for (const api of ['example', 'second', 'twin', 'gatehouse']) {
      expect(await verify(keys.add(api))).toMatchObject({ code: 'VALID', facts: { api } });
    }
  });

  describe('of a former system', () => {
    const form = { prefix: 'old_', length: 24, digest: 'hmac-sha256', pepper: 'former' } as const;
    const pepper = Buffer.alloc(32, 5);
    const secret = 'old_01234567890123456789';
    const formerApis = [exampleApi({ name: 'first', importedKeys: [{ ...form, digest: 'sha256', pepper: null }] })];
    formerApis.push(exampleApi({ importedKeys: [form] }));
    beforeEach(() => {
      keys = new FakeKeys(formerApis, () => NOW_MS, new Map([['former', pepper]]));
    });

    it('finds it by the rule of its API, of several that know its form', async () => {
      keys.set(secret, aKey({ api: 'example' }), createHmac('sha256', pepper).update(secret).digest());
      expect(await verify(secret)).toMatchObject({ code: 'VALID', facts: { api: 'example' } });
    });

    it('says nothing of a key that another rule than that of its API has found', async () => {
      keys.set(secret, aKey({ api: 'example' }));
      expect(await verify(secret)).toMatchObject({ code: 'NOT_FOUND', facts: null });
    });

    it('is not said to be unknown where one of the rules could not be asked', async () => {
      const { apis, edge } = keys.ports;
      let asked = 0;
      const findKey = async () => (asked++ === 0 ? ('unknown' as const) : ('unavailable' as const));
      expect(await verifyKey(question(secret), { apis, edge: { ...edge, findKey } })).toBe('unavailable');
    });
  });

  it('keeps to the environments that the API takes keys of', async () => {
    const test = keys.add('second', { environment: 'test' });
    expect(await codeOf(test)).toBe('FORBIDDEN');
    expect(await codeOf(test, { environment: 'test' })).toBe('FORBIDDEN');
  });

  it('charges what a use would be charged, once', async () => {
    expect(await verify(keys.add('example', { uses: 'left' }), { cost: 3 })).toMatchObject({ remainingUses: 7 });
    expect(keys.charges).toEqual([{ subjects: ['key:key_1', 'org:org_1:example'], cost: 3 }]);
    expect(keys.spent).toEqual([{ keyId: 'key_1', cost: 3 }]);
    expect(keys.asked).toBe(1);
  });

  it('charges nothing for a cost of 0, and still tells how limits and uses stand', async () => {
    const result = await verify(keys.add('example', { uses: 'left' }), { cost: 0 });
    expect(result).toMatchObject({ code: 'VALID', windows: [{ quota: 60, remaining: 60 }, { quota: 100 }] });
    expect(result).toMatchObject({ remainingUses: 10 });
    expect([...keys.charges, ...keys.spent].map(({ cost }) => cost)).toEqual([0, 0]);
  });

  it.each(['limits', 'uses'] as const)('does not need the %s where nothing is charged', async (part) => {
    keys.down = part;
    expect(await verify(keys.add('example', { uses: 'left' }), { cost: 0 })).toMatchObject({ code: 'VALID' });
  });

  it('charges nobody where it refuses, least of all another organization', async () => {
    await verify(keys.add('example', { scopes: [] }), { permissions: permissions('read') });
    await verify(keys.add('example', { organizationId: 'org_2', uses: 'left' }));
    await verify(keys.add('example', { state: 'disabled', uses: 'left' }));
    expect([keys.charges, keys.spent]).toEqual([[], []]);
  });

  it.each(['keys', 'limits', 'uses'] as const)('says nothing about a key while %s cannot be asked', async (part) => {
    keys.down = part;
    expect(await verify(keys.add('example', { uses: 'left' }))).toBe('unavailable');
  });

  it('asks about a hundred keys with one message, and charges them with one', async () => {
    const gateway = await startGateway(undefined);
    const { verification } = gateway.dataPlane;
    const other = new FakeKeys([exampleApi()], () => NOW_MS);
    const secrets = Array.from({ length: 100 }, () => other.add('example'));
    for (const [index, secret] of secrets.entries()) {
      const facts = { ...(gateway.keys.values().next().value as KeyFacts), keyId: `key_${index}` };
      gateway.keys.set(digestKey(secret).toString('hex'), facts);
    }
    const results = await Promise.all(secrets.map((secret) => verifyKey(question(secret), verification)));
    expect(results.map((result) => (result === 'unavailable' ? result : result.facts?.keyId))).toEqual(
      secrets.map((_secret, index) => `key_${index}`),
    );
    expect([gateway.verifyBatches, gateway.takeBatches]).toEqual([[100], [100]]);
    await gateway.stop();
  });
});
