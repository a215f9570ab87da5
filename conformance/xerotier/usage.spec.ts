import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { bearer, send } from '../send.js';
import { createProject } from './create-project.js';

let platform: PlatformUnderTest;

beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.stop());

interface UsageLog {
  readonly data: readonly { readonly at: string; readonly request_id: string }[];
  readonly next_cursor: string | null;
}

describe('Xerotier', () => {
  it('[T30] shows when, from where, on which route and with which answer a key was used, so that a compromise can be traced', async () => {
    const project = await createProject(platform, 'my-project');
    const { id, key } = await platform.createKey({ api: 'xerotier', project: project.id, scopes: ['models.read'] });
    const base = `${platform.apiBase('xerotier')}/${project.id}`;
    const from = (agent: string) => ({ ...bearer(key), 'user-agent': agent });
    const beforeMs = Date.now();
    await send(`${base}/v1/models?limit=1`, { headers: from('owner/1.0') });
    await send(`${base}/my-endpoint/v1/chat/completions`, { method: 'POST', headers: from('thief/6.6'), json: {} });
    await platform.revokeKey(id);
    await send(`${base}/v1/models`, { headers: from('thief/6.6') });

    const log = async () => (await platform.manage('GET', `/api/v1/keys/${id}/requests`)).json() as UsageLog;
    await waitUntil('three requests in the log', async () => (await log()).data.length === 3, 15_000);
    const { data, next_cursor } = await log();
    expect(next_cursor).toBeNull();
    const models = `/${project.id}/v1/models`;
    expect(data).toMatchObject([
      { method: 'GET', path: models, status: 401, outcome: 'key_revoked', user_agent: 'thief/6.6' },
      { method: 'POST', path: `/${project.id}/my-endpoint/v1/chat/completions`, status: 403, outcome: 'scope_missing' },
      { method: 'GET', path: models, status: 200, outcome: 'answered', user_agent: 'owner/1.0' },
    ]);
    for (const request of data) {
      expect(request).toMatchObject({
        address: expect.stringMatching(/[.:]/),
        route: expect.stringMatching(/^\S+ \//),
      });
      expect(Date.parse(request.at)).toBeGreaterThanOrEqual(beforeMs - 1_000);
      expect(request.request_id).toMatch(/^req_/);
    }
    expect(JSON.stringify(data)).not.toContain(key.slice(-20));
  });
});
