import * as possession from '@gatehouse/contracts/possession';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';

describe('what the holder of a key may ask', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  beforeEach(() => {
    platform.keys.down = undefined;
    platform.keys.charges.length = 0;
    platform.keys.uses.length = 0;
    platform.keys.asked = 0;
    platform.world.asked.length = 0;
    platform.world.instead.clear();
  });

  const post = (path: string, headers: readonly string[], body?: object) =>
    platform.send({ method: 'POST', path: `/api/v1/keys/${path}`, headers, ...(body === undefined ? {} : { body }) });
  const bearer = (key: string) => ['authorization', `Bearer ${key}`];
  const whoami = (key: string) => post('whoami', bearer(key));
  const revoked = {
    kind: 'revoked',
    keyId: 'key_1',
    revokedAt: '2026-01-15T12:00:00.000Z',
    revocationReason: 'leaked',
  };

  describe('whoami [F.A33]', () => {
    it('answers as the verification does, to a key as bearer token, in the body, or both', async () => {
      const key = platform.keys.add('exante', { name: 'Mine', organizationId: 'org_any' });
      const answers = [
        await whoami(key),
        await post('whoami', [], { key }),
        await post('whoami', bearer(key), { key }),
        await post('whoami', ['authorization', `bearer  ${key}`], {}),
      ];
      for (const { status, json } of answers) {
        expect(status).toBe(200);
        expect(json).toMatchObject({ valid: true, code: 'VALID', name: 'Mine', organization_id: 'org_any' });
        expect(json).toEqual(answers[0]?.json);
      }
    });

    it('counts as a use of the key: who has found one tries it here', async () => {
      await whoami(platform.keys.add('exante', { keyId: 'key_mine', state: 'disabled' }));
      await whoami(platform.keys.unknown('exante'));
      const told = { keyId: 'key_mine', address: '127.0.0.1', path: '/api/v1/keys/whoami', route: 'verification' };
      expect(platform.keys.uses).toMatchObject([{ ...told, allowed: false, outcome: 'DISABLED', cost: 0 }]);
      expect(platform.keys.uses).toHaveLength(1);
    });

    it('charges nothing, and tells how the limits stand', async () => {
      const { json } = await whoami(platform.keys.add('exante', { uses: 'left' }));
      expect(json).toMatchObject({
        limits: [
          { quota: 5, remaining: 5 },
          { quota: 60, remaining: 60 },
        ],
        remaining_uses: 10,
      });
      expect([...platform.keys.charges, ...platform.keys.spent].map(({ cost }) => cost)).toEqual([0, 0]);
    });

    it('tells a holder what has become of the key', async () => {
      for (const [facts, code] of [
        [{ state: 'revoked' }, 'REVOKED'],
        [{ state: 'disabled' }, 'DISABLED'],
        [{ state: 'quarantined' }, 'QUARANTINED'],
        [{ expiresAtMs: 1 }, 'EXPIRED'],
        [{ organizationSuspended: true }, 'ORG_SUSPENDED'],
        [{ secret: { generation: 1, endsAtMs: 1 } }, 'ROTATED'],
        [{ allowedAddresses: ['192.0.2.1'] }, 'IP_NOT_ALLOWED'],
      ] as const) {
        const { status, json } = await whoami(platform.keys.add('exante', { ...facts, name: 'Mine' }));
        expect([status, json]).toEqual([200, expect.objectContaining({ valid: false, code, name: 'Mine' })]);
      }
      // The address is the one that the request comes from.
      const here = platform.keys.add('exante', { allowedAddresses: ['127.0.0.0/8'] });
      expect((await whoami(here)).json).toMatchObject({ code: 'VALID' });
    });

    it('knows management keys', async () => {
      const { json } = await whoami(platform.keys.add('gatehouse', { scopes: ['keys.read'] }));
      expect(json).toMatchObject({ code: 'VALID', api: 'gatehouse', scopes: ['keys.read'] });
    });
  });

  describe('self-revoke [F.A29]', () => {
    it('ends the key of the secret, for the reason that is given', async () => {
      platform.world.instead.set(possession.selfRevokeKey.subject, revoked);
      const key = platform.keys.add('exante');
      const answer = await post('self-revoke', bearer(key), { reason: 'leaked' });
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({
        key_id: 'key_1',
        state: 'revoked',
        revoked_at: '2026-01-15T12:00:00.000Z',
        revocation_reason: 'leaked',
      });
      expect(platform.world.of(possession.selfRevokeKey.subject)).toEqual([
        {
          digest: digestKey(key).toString('hex'),
          reason: 'leaked',
          address: '127.0.0.1',
          requestId: answer.headers['x-request-id'],
        },
      ]);
    });

    it('needs nothing but the key, in the header or in the body', async () => {
      platform.world.instead.set(possession.selfRevokeKey.subject, { ...revoked, revocationReason: null });
      const key = platform.keys.add('exante');
      expect((await post('self-revoke', bearer(key))).status).toBe(200);
      expect((await post('self-revoke', [], { key })).status).toBe(200);
    });

    it('says that a secret which was rotated out is no longer one', async () => {
      platform.world.instead.set(possession.selfRevokeKey.subject, { kind: 'secret_retired' });
      const answer = await post('self-revoke', bearer(platform.keys.add('exante')));
      expect([answer.status, answer.json]).toEqual([401, expect.objectContaining({ code: 'key_ended' })]);
    });
  });

  describe.each(['whoami', 'self-revoke'])('%s', (path) => {
    it('answers every text that is no key with the same 401', async () => {
      platform.world.instead.set(possession.selfRevokeKey.subject, { kind: 'unknown' });
      const texts = [
        platform.keys.unknown('exante'),
        platform.keys.unknown('gatehouse'),
        'x',
        'ghm_',
        'sk-'.repeat(50),
      ];
      const answers = await Promise.all(texts.map((text) => post(path, bearer(text))));
      for (const { status, headers, json } of answers) {
        const { request_id: _, ...problem } = json as { request_id: string };
        expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="gatehouse", error="invalid_token"']);
        expect(problem).toEqual({
          type: '/errors/key_invalid',
          title: 'The API key is not valid.',
          status: 401,
          code: 'key_invalid',
        });
      }
    });

    it('asks nobody about garbage', async () => {
      for (const text of ['x', 'ex_live_x', 'eyJhbGciOiJSUzI1NiJ9.e30.x']) {
        expect((await post(path, [], { key: text })).status).toBe(401);
      }
      expect([platform.keys.asked, platform.world.asked]).toEqual([0, []]);
    });

    it('refuses two keys, a credential that is none, and a request without one', async () => {
      const [one, two] = [platform.keys.add('exante'), platform.keys.add('exante')];
      for (const [headers, body, status, code] of [
        [bearer(one), { key: two }, 400, 'invalid_request'],
        [['authorization', 'Basic eDp5'], undefined, 400, 'invalid_request'],
        [['authorization', `Bearer ${one} ${two}`], undefined, 400, 'invalid_request'],
        [[...bearer(one), ...bearer(two)], undefined, 400, 'header_repeated'],
        [[], {}, 422, 'validation_error'],
        [[], { key: 1 }, 422, 'validation_error'],
        [bearer(one), { secret: one }, 422, 'validation_error'],
      ] as const) {
        const answer = await post(path, headers, body);
        expect([answer.status, (answer.json as { code: string }).code]).toEqual([status, code]);
      }
      expect(platform.keys.asked).toBe(0);
    });

    it('reads no key from the query string, and writes none into the log [H-029]', async () => {
      const key = platform.keys.add('exante');
      expect((await post(`${path}?key=${key}`, [])).status).toBe(422);
      await post(path, bearer(key));
      await post(path, [], { key, x: 1 });
      expect(platform.lines.join('\n')).not.toContain(key);
    });

    it('refuses a browser that comes from a page of another origin', async () => {
      const headers = [...bearer(platform.keys.add('exante')), 'origin', 'https://evil.example'];
      const answer = await post(path, headers);
      expect([answer.status, answer.json]).toEqual([403, expect.objectContaining({ code: 'origin_refused' })]);
    });

    it('answers 503 and when to try again while keys cannot be asked', async () => {
      platform.keys.down = 'keys';
      const answer = await post(path, bearer(platform.keys.add('exante')));
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    });
  });
});
