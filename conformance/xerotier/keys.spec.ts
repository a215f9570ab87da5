import { mintKey } from '@gatehouse/key-domain/mint-key';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { type CreatedKey, type PlatformUnderTest, startPlatform } from '../platform.js';
import { bearer, send } from '../send.js';
import { createProject, type Project } from './create-project.js';

let platform: PlatformUnderTest;
let mine: Project;
let other: Project;

beforeAll(async () => {
  platform = await startPlatform();
  mine = await createProject(platform, 'my-project');
  other = await createProject(platform, 'another-1');
});
afterAll(() => platform?.stop());

const scopes = ['chat.write', 'models.read'];
const newKey = (project: Project, more: object = {}): Promise<CreatedKey> =>
  platform.createKey({ api: 'xerotier', project: project.id, scopes, ...more });
const hello = { model: 'llama-3.1-8b', messages: [{ role: 'user', content: 'Hello' }] };
const chat = (project: string, key: string) =>
  send(`${platform.apiBase('xerotier')}/${project}/my-endpoint/v1/chat/completions`, {
    method: 'POST',
    headers: bearer(key),
    json: hello,
  });
const models = (project: string, key: string) =>
  send(`${platform.apiBase('xerotier')}/${project}/v1/models`, { headers: bearer(key) });

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_DIGITS = 43;

describe('Xerotier', () => {
  it('[T3] shows the full key once, in the answer to its creation, and of the project lists what is no secret', async () => {
    const { id, key, display } = await newKey(mine);
    const listed = await platform.manage('GET', `/api/v1/keys?project=${mine.id}&limit=100`);
    expect(listed.text).toContain(display);
    const shown = await platform.manage('GET', `/api/v1/keys/${id}`);
    expect(shown.json()).toMatchObject({ display, project_id: mine.id });
    for (const { text } of [listed, shown]) expect(text).not.toContain(key.slice(-RANDOM_DIGITS));
    expect((await platform.manage('GET', `/api/v1/keys?project=${other.id}&limit=100`)).text).not.toContain(id);
  });

  it('[T1] makes keys of the form xero_<project_slug>_<random_token>, the token with 256 bits of chance', async () => {
    const keys = await Promise.all(Array.from({ length: 64 }, () => newKey(mine)));
    const values = keys.map(({ key, display }) => {
      const [, token = ''] = /^xero_my-project_([0-9A-Za-z]{49})$/.exec(key) ?? [];
      expect(token).toHaveLength(49);
      expect(display).toBe(`xero_my-project_...${key.slice(-4)}`);
      return [...token.slice(0, RANDOM_DIGITS)].reduce(
        (value, digit) => value * 62n + BigInt(ALPHABET.indexOf(digit)),
        0n,
      );
    });
    for (const value of values) expect(value < 2n ** 256n).toBe(true);
    // Of 64 random numbers each bit is set in some and not in others: by chance this fails once in 10^16.
    for (let bit = 0n; bit < 256n; bit++) {
      const set = values.filter((value) => (value >> bit) % 2n === 1n).length;
      expect([0, 64]).not.toContain(set);
    }
    expect((await newKey(other)).key).toMatch(/^xero_another-1_[0-9A-Za-z]{49}$/);
  });

  it("[T1] works as it is, and not with another project's slug in it", async () => {
    const { key } = await newKey(mine);
    expect((await chat(mine.id, key)).status).toBe(200);
    for (const wrong of [key.replace('my-project', 'another-1'), mintKey('xero_my-project_'), key.slice(0, -1)]) {
      const answer = await chat(mine.id, wrong);
      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ error: { code: 'invalid_api_key', message: 'The API key is invalid.' } });
    }
  });

  it('[T2] lets a key into its own project only: another one gets 403, in the envelope of the SDK', async () => {
    const { key } = await newKey(mine);
    expect((await chat(mine.id, key)).status).toBe(200);
    expect((await models(mine.id, key)).status).toBe(200);
    for (const project of [other.id, 'proj_ABC123', mine.slug, `${mine.id}x`, mine.id.toUpperCase()]) {
      for (const answer of [await chat(project, key), await models(project, key)]) {
        expect([project, answer.status]).toEqual([project, 403]);
        expect(answer.json()).toMatchObject({ error: { type: 'permission_error', code: 'project_mismatch' } });
      }
    }
    const sdk = new OpenAI({
      apiKey: key,
      baseURL: `${platform.apiBase('xerotier')}/${other.id}/my-endpoint/v1`,
      maxRetries: 0,
    });
    await expect(
      sdk.chat.completions.create({ model: 'my-model', messages: [{ role: 'user', content: 'Hello' }] }),
    ).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
  });

  it('[T2] asks first whether there is a key at all', async () => {
    expect((await send(`${platform.apiBase('xerotier')}/${mine.id}/v1/models`)).status).toBe(401);
    expect((await models(mine.id, mintKey('xero_my-project_'))).status).toBe(401);
  });

  it('[T4] rotates by create, swap, revoke; a rotation in place is refused and changes nothing', async () => {
    const old = await newKey(mine);
    const rotated = await platform.manage('POST', `/api/v1/keys/${old.id}/rotate`, { grace_seconds: 60 });
    expect(rotated.status).toBe(409);
    expect(rotated.json()).toMatchObject({ code: 'rotation_not_offered' });
    expect(rotated.json()).not.toHaveProperty('key');
    const next = await newKey(mine);
    const statuses = async () => [(await chat(mine.id, old.key)).status, (await chat(mine.id, next.key)).status];
    expect(await statuses()).toEqual([200, 200]);
    await platform.revokeKey(old.id);
    expect(await statuses()).toEqual([401, 200]);
  });

  it('[T4] rotates in place where another profile offers it', async () => {
    const { id, key } = await platform.createKey({ api: 'exante', scopes: ['invoices.read'] });
    const rotated = await platform.manage('POST', `/api/v1/keys/${id}/rotate`, { grace_seconds: 60 });
    expect(rotated.status).toBe(200);
    expect(rotated.json()).toMatchObject({ id, key: expect.stringMatching(/^ex_live_/) });
    const next = (rotated.json() as { key: string }).key;
    expect(next).not.toBe(key);
    for (const secret of [key, next]) {
      const answer = await send(`${platform.apiBase('exante')}/api/invoices`, { headers: bearer(secret) });
      expect(answer.status).toBe(200);
    }
  });

  it('[T5] never enables a revoked key again: whatever is tried, requests with it get 401', async () => {
    const { id, key } = await newKey(mine);
    await platform.revokeKey(id);
    const attempts = await Promise.all([
      platform.manage('POST', `/api/v1/keys/${id}/enable`, {}),
      platform.manage('PATCH', `/api/v1/keys/${id}`, { name: 'again' }),
      platform.manage('POST', `/api/v1/keys/${id}/disable`, {}),
      platform.manage('POST', `/api/v1/keys/${id}/rotate`, { grace_seconds: 0 }),
    ]);
    for (const attempt of attempts) {
      expect(attempt.status).toBe(409);
      expect(attempt.json()).toHaveProperty('code');
    }
    expect((await platform.manage('GET', `/api/v1/keys/${id}`)).json()).toMatchObject({ state: 'revoked' });
    for (let request = 0; request < 5; request++) {
      const answer = await chat(mine.id, key);
      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ error: { type: 'authentication_error', code: 'invalid_api_key' } });
    }
  });
});
