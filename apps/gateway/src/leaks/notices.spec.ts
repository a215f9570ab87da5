import { listNotices, readNotice } from '@gatehouse/contracts/notices';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { notice } from '../management/fake-keys-service.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';

const shown = {
  id: notice.id,
  at: notice.at,
  kind: 'key.leaked',
  key_id: notice.keyId,
  detail: notice.detail,
  read_at: null,
};

describe('notices over HTTP', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());

  const get = async (path: string, email = 'viewer@example.com') =>
    platform.send({ path, headers: (await platform.signIn(email)).cookie });
  const read = async (id: string, email = 'developer@example.com', body: object = {}) => {
    const { write } = await platform.signIn(email);
    return platform.send({ method: 'POST', path: `/api/v1/notices/${id}/read`, headers: write, body });
  };
  const asked = () => platform.world.of(listNotices.subject).at(-1);

  it('are listed for every member, with a cursor for the next page', async () => {
    const answer = await get('/api/v1/notices');
    expect([answer.status, answer.json]).toEqual([200, { data: [shown], next_cursor: 'next' }]);
    expect(asked()).toMatchObject({ unreadOnly: false, limit: 50, actor: { role: 'viewer' } });
    await get('/api/v1/notices?unread=true&limit=7&cursor=next');
    expect(asked()).toMatchObject({ unreadOnly: true, limit: 7, cursor: 'next' });
  });

  it.each(['limit=0', 'limit=101', 'limit=1e1', 'unread=maybe', 'kind=x', 'cursor='])('refuse %s', async (query) => {
    const answer = await get(`/api/v1/notices?${query}`);
    expect([answer.status, answer.json]).toMatchObject([422, { code: 'validation_error' }]);
  });

  it('say which field is to blame for a cursor that is none', async () => {
    platform.world.instead.set(listNotices.subject, { kind: 'refused', code: 'invalid_cursor', message: 'No cursor.' });
    const answer = await get('/api/v1/notices?cursor=other');
    platform.world.instead.clear();
    expect([answer.status, answer.json]).toMatchObject([422, { errors: { cursor: 'No cursor.' } }]);
  });

  it('are marked as read by who may change keys', async () => {
    const answer = await read(notice.id);
    expect([answer.status, answer.json]).toEqual([200, { ...shown, read_at: notice.at }]);
    expect(platform.world.of(readNotice.subject).at(-1)).toMatchObject({ noticeId: notice.id });
    expect((await read(notice.id, 'viewer@example.com')).status).toBe(403);
    expect((await read(notice.id, 'developer@example.com', { all: true })).status).toBe(422);
  });

  it('are not found by an id that is none, or of no notice of the organization', async () => {
    for (const id of ['ntc_FFFFFFFFFFFFFFFFFFFFFF', 'x', 'ntc_%2e', 'key_DDDDDDDDDDDDDDDDDDDDDD']) {
      expect([id, (await read(id)).status]).toEqual([id, 404]);
    }
  });
});
