import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { bearer, send } from '../send.js';
import { createProject } from './create-project.js';

let platform: PlatformUnderTest;
let models: string;

beforeAll(async () => {
  platform = await startPlatform();
  const project = await createProject(platform, 'my-project');
  models = `${platform.apiBase('xerotier')}/${project.id}/v1/models`;
});
afterAll(() => platform?.stop());

describe('Xerotier, for people', () => {
  it('[T7] takes neither an access JWT nor a session cookie, however they are sent', async () => {
    const signedIn = await platform.signIn();
    const { access_token: token } = signedIn.json() as { access_token: string };
    const [cookie = ''] = (signedIn.header('set-cookie') ?? '').split(';');
    expect(cookie).toMatch(/gatehouse_session=./);
    for (const headers of [bearer(token), { cookie }, { ...bearer(token), cookie }, { 'x-api-key': token }]) {
      const answer = await send(models, { headers });
      expect([answer.status, answer.json()]).toEqual([
        401,
        { error: { message: expect.any(String), type: 'authentication_error', param: null, code: 'invalid_api_key' } },
      ]);
    }
    expect((await platform.manage('GET', '/auth/session')).status).toBe(200);
  });
});
