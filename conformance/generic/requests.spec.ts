import { mintKey } from '@gatehouse/key-domain/mint-key';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CreatedKey, type PlatformUnderTest, startPlatform } from '../platform.js';
import { bearer, send } from '../send.js';

let platform: PlatformUnderTest;
let base: string;

beforeAll(async () => {
  platform = await startPlatform();
  base = platform.apiBase('generic');
});
afterAll(() => platform?.stop());

const newKey = (...scopes: string[]) => platform.createKey({ api: 'generic', scopes });
const generate = (headers: Record<string, string>, at = base) =>
  send(`${at}/v1/generate`, { method: 'POST', headers, json: { prompt: 'Hello, world!', model: 'gpt-4' } });

/** One request for each permission, in the order of the document's table. */
const REQUESTS = {
  read: ['POST', '/v1/generate', { prompt: 'Hello', model: 'gpt-4' }],
  write: ['POST', '/v1/documents', { title: 'Notes' }],
  admin: ['GET', '/v1/admin/members', undefined],
  webhook: ['GET', '/v1/webhooks', undefined],
} as const;
const permissions = Object.keys(REQUESTS) as (keyof typeof REQUESTS)[];
const statusesWith = (key: string) =>
  Promise.all(
    Object.values(REQUESTS).map(async ([method, path, json]) => {
      const { status } = await send(`${base}${path}`, { method, headers: bearer(key), json });
      return status < 300 ? 'yes' : status;
    }),
  );

const invalid = (keyId: string | null) => ({
  success: false,
  error: { code: 'INVALID_API_KEY', message: 'The provided API key is invalid', details: { key_id: keyId } },
});

describe('the generic AI API', () => {
  it('[G3] lets several keys live side by side, named by purpose', async () => {
    const purposes = ['Development', 'Production', 'Read-only', 'Admin'];
    const keys = await Promise.all(
      purposes.map((name) =>
        platform.createKey({ api: 'generic', name, scopes: name === 'Admin' ? ['admin'] : ['read'] }),
      ),
    );
    const listed = (await platform.manage('GET', '/api/v1/keys?api=generic&limit=100')).json() as {
      data: { id: string; name: string; state: string }[];
    };
    const names = keys.map(({ id }) => listed.data.find((key) => key.id === id));
    expect(names).toMatchObject(purposes.map((name) => ({ name, state: 'active' })));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(4);
    const answers = await Promise.all(keys.map(async ({ key }) => (await statusesWith(key)).slice(0, 3)));
    expect(answers).toEqual([...Array(3).fill(['yes', 403, 403]), [403, 403, 'yes']]);
  });

  it('[G4] offers the four permissions with their descriptions', async () => {
    const apis = (await platform.manage('GET', '/api/v1/apis')).json() as {
      data: { name: string; scopes: { name: string; description: string }[] }[];
    };
    expect(apis.data.find(({ name }) => name === 'generic')?.scopes).toMatchObject([
      { name: 'read', description: 'Can read data and generate content' },
      { name: 'write', description: 'Can create and update resources' },
      { name: 'admin', description: 'Full administrative access' },
      { name: 'webhook', description: 'Can manage webhooks' },
    ]);
  });

  it('[G4] enforces each permission by itself, and all of them together', async () => {
    for (const permission of permissions) {
      const { key, scopes } = await newKey(permission);
      expect(scopes).toEqual([permission]);
      expect(await statusesWith(key)).toEqual(permissions.map((other) => (other === permission ? 'yes' : 403)));
    }
    expect(await statusesWith((await newKey(...permissions)).key)).toEqual(['yes', 'yes', 'yes', 'yes']);
    expect(await statusesWith((await newKey()).key)).toEqual([403, 403, 403, 403]);
  });

  it('[G5] rotates: a new key works beside the old one, which is refused at once when it is deleted', async () => {
    const old = await newKey('read');
    const next = await newKey('read');
    const statuses = async () => [(await generate(bearer(old.key))).status, (await generate(bearer(next.key))).status];
    expect(await statuses()).toEqual([200, 200]);
    const deleted = await platform.manage('DELETE', `/api/v1/keys/${old.id}`);
    expect(deleted.status).toBe(204);
    expect(await statuses()).toEqual([401, 200]);
    const listed = (await platform.manage('GET', '/api/v1/keys?api=generic&limit=100')).json() as {
      data: { id: string }[];
    };
    expect(listed.data.map(({ id }) => id)).toContain(next.id);
    expect(listed.data.map(({ id }) => id)).not.toContain(old.id);
  });

  it.each([
    ['not a key', async () => 'not-a-key'],
    ['cut short', async () => (await newKey('read')).key.slice(0, -1)],
    ['with one character changed', async () => (await newKey('read')).key.replace(/.$/, otherDigit)],
    ['well-formed, but unknown', async () => mintKey('ai_production_')],
    ['a revoked one, with one character changed', async () => (await revoked()).key.replace(/.$/, otherDigit)],
    ['a key of another API', async () => (await platform.createKey({ api: 'exante' })).key],
    [
      'a key of another API with the same prefix',
      async () => (await platform.createKey({ api: 'generic-key-limit', environment: 'production' })).key,
    ],
  ])('[G6] names no key where the secret is wrong: %s', async (_, secret) => {
    const answer = await generate(bearer(await secret()));
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual(invalid(null));
    expect(answer.header('www-authenticate')).toBe('Bearer realm="generic", error="invalid_token"');
  });

  it('[G6] names no key where the header is of another form', async () => {
    const answer = await generate({ authorization: (await newKey('read')).key });
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual(invalid(null));
  });

  it('[G6] names the key where the whole secret was right: revoked, disabled', async () => {
    const gone = await revoked();
    expect((await generate(bearer(gone.key))).json()).toEqual(invalid(gone.id));
    const disabled = await newKey('read');
    expect((await platform.manage('POST', `/api/v1/keys/${disabled.id}/disable`, {})).status).toBe(200);
    const answer = await generate(bearer(disabled.key));
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual(invalid(disabled.id));
  });

  it('[G7] says when an expired key expired, in ISO 8601', async () => {
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    const { key } = await platform.createKey({ api: 'generic', scopes: ['read'], expires_at: expiresAt });
    const deadline = Date.now() + 10_000;
    let answer = await generate(bearer(key));
    expect(answer.status).toBe(200);
    while (answer.status === 200 && Date.now() < deadline) answer = await generate(bearer(key));
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({
      success: false,
      error: { code: 'EXPIRED_API_KEY', message: 'The API key has expired', details: { expired_at: expiresAt } },
    });
  });

  it('[G8] says which header is missing', async () => {
    const answer = await generate({});
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({
      success: false,
      error: { code: 'MISSING_API_KEY', message: 'API key is required', details: { header: 'Authorization' } },
    });
    expect(answer.header('www-authenticate')).toBe('Bearer realm="generic"');
  });

  it('[G9] says 403 and 429 in the same envelope', async () => {
    const refused = await send(`${base}/v1/documents`, {
      method: 'POST',
      headers: bearer((await newKey('read')).key),
      json: {},
    });
    expect([refused.status, refused.json()]).toEqual([
      403,
      {
        success: false,
        error: {
          code: 'INSUFFICIENT_PERMISSIONS',
          message: expect.stringContaining('write'),
          details: { required: ['write'] },
        },
      },
    ]);
    const { key } = await platform.createKey({ api: 'generic-key-limit', scopes: ['read'] });
    const limitedBase = platform.apiBase('generic-key-limit');
    for (let request = 0; request < 3; request++) expect((await generate(bearer(key), limitedBase)).status).toBe(200);
    const limited = await generate(bearer(key), limitedBase);
    const seconds = Number(limited.header('retry-after'));
    expect([limited.status, limited.json()]).toEqual([
      429,
      {
        success: false,
        error: {
          code: 'RATE_LIMIT_EXCEEDED',
          message: `Rate limit exceeded. Try again in ${seconds} seconds.`,
          details: { retry_after: seconds },
        },
      },
    ]);
  });

  it('[G9] has error.message on every other failure too', async () => {
    const { key } = await newKey('read');
    const answers = await Promise.all([
      send(`${base}/v1//generate`, { headers: bearer(key) }),
      send(`${base}/v1/generate`, { method: 'PROPFIND', headers: bearer(key) }),
      send(`${base}/v1/nothing`, { headers: bearer(key) }),
      send(`${base}/v1/generate`, { method: 'POST', headers: bearer(key), json: {} }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 404, 400]);
    for (const answer of answers) {
      expect(answer.json()).toMatchObject({ error: { message: expect.stringMatching(/./), code: expect.any(String) } });
    }
  });

  it('[G11] tells keys of environments apart, and lets neither be used for the other', async () => {
    const production = await newKey('read');
    const development = await platform.createKey({ api: 'generic-dev', scopes: ['read'] });
    expect([production.key, development.key]).toEqual([
      expect.stringMatching(/^ai_production_/),
      expect.stringMatching(/^ai_development_/),
    ]);
    expect([production.environment, development.environment]).toEqual(['production', 'development']);
    const statuses = async (key: string) =>
      Promise.all([base, platform.apiBase('generic-dev')].map(async (at) => (await generate(bearer(key), at)).status));
    expect(await statuses(production.key)).toEqual([200, 401]);
    expect(await statuses(development.key)).toEqual([401, 200]);
    for (const [api, environment] of [
      ['generic', 'development'],
      ['generic-dev', 'production'],
    ]) {
      const body = { api, environment, name: 'mixed up', scopes: ['read'] };
      expect((await platform.manage('POST', '/api/v1/keys', body)).status).toBe(422);
    }
  });
});

async function revoked(): Promise<CreatedKey> {
  const created = await newKey('read');
  await platform.revokeKey(created.id);
  return created;
}

/** Another digit than this one, so that the key's check no longer holds. */
function otherDigit(digit: string): string {
  return digit === 'a' ? 'b' : 'a';
}
