import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from '../conformance/browser.js';
import { type PlatformWithClock, startPlatformWithClock } from '../conformance/platform-with-clock.js';

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly actor: string;
  readonly target: string;
}

describe('the audit log of an organization', () => {
  let platform: PlatformWithClock;
  let ada: Browser;
  let keyId: string;
  let startedMs: number;

  beforeAll(async () => {
    platform = await startPlatformWithClock();
    ada = platform.browser();
    await ada.signIn(platform.admin);
    startedMs = platform.clock.nowMs();
    const created = await ada.send('POST', '/api/v1/keys', { api: 'exante', name: 'a key', scopes: [] });
    keyId = created.body.id;
    const { body } = await ada.send('GET', '/api/v1/orgs');
    await ada.send('POST', `/api/v1/orgs/${body.data[0].id}/invitations`, { email: 'bob@example.com', role: 'viewer' });
    platform.clock.advanceSeconds(60);
    await ada.send('POST', '/api/v1/projects', { name: 'Another' });
    await ada.send('POST', `/api/v1/keys/${keyId}/revoke`, {});
  });
  afterAll(() => platform?.stop());

  const read = async (query = '') => (await ada.send('GET', `/api/v1/audit${query}`)).body.data as Entry[];
  const actions = async (query: string) => (await read(query)).map(({ action }) => action);

  it('tells of people and of keys in one order, the newest first, with who, where and at which request', async () => {
    const entries = await read();
    expect(entries.map(({ at }) => at)).toEqual(
      entries
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    const names = entries.map(({ action }) => action);
    expect(names.slice(0, 2)).toEqual(['project.created', 'key.revoked']);
    expect(names.slice(2).sort()).toEqual([
      'installation.claimed',
      'key.issued',
      'member.invited',
      'organization.created',
      'project.created',
    ]);
    expect(entries[0]).toMatchObject({
      actor: expect.stringMatching(/^acc_/),
      target: expect.stringMatching(/^prj_/),
      address: '127.0.0.1',
      request_id: expect.stringMatching(/^req_/),
    });
  });

  it('is read page by page with each entry once, whatever the size of a page', async () => {
    const whole = (await read()).map(({ id }) => id);
    for (const limit of [1, 2, 3, 100]) {
      const found: string[] = [];
      let cursor = '';
      do {
        const { body } = await ada.send('GET', `/api/v1/audit?limit=${limit}${cursor}`);
        found.push(...body.data.map(({ id }: Entry) => id));
        cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
      } while (cursor !== '');
      expect(found).toEqual(whole);
    }
  });

  it('can be searched by action, actor, target and time', async () => {
    expect(await actions('?action=key.revoked')).toEqual(['key.revoked']);
    expect(await actions(`?target=${keyId}`)).toEqual(['key.revoked', 'key.issued']);
    expect(await actions('?actor=acc_0000000000000000000000')).toEqual([]);
    const minuteLater = new Date(startedMs + 60_000).toISOString();
    expect(await actions(`?since=${minuteLater}`)).toEqual(['project.created', 'key.revoked']);
    expect(await actions(`?until=${minuteLater}`)).not.toContain('key.revoked');
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'cursor=x',
    'since=yesterday',
    'color=red',
    'action=',
    'cursor=MS5rZXlzLng',
  ])('refuses %s with the field that is wrong', async (query) => {
    const answer = await ada.send('GET', `/api/v1/audit?${query}`);
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_error']);
    expect(Object.keys(answer.body.errors)).toEqual([query.split('=')[0]]);
  });

  it('takes statements in its parameters as texts [H-137]', async () => {
    for (const text of ["' OR 1=1 --", "'; DROP TABLE audit_events; --", '%', '_', '\\']) {
      expect(await actions(`?action=${encodeURIComponent(text)}`)).toEqual([]);
    }
    expect((await read()).length).toBeGreaterThan(3);
  });
});
