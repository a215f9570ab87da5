import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';

describe('GET /leaks/rules', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  const get = (query = '') => platform.send({ path: `/leaks/rules${query}` });

  it('gives anybody the rules of the published APIs and of management keys as text', async () => {
    for (const query of ['', '?format=regex']) {
      const answer = await get(query);
      expect(answer.status).toBe(200);
      expect(answer.text.split('\n')).toContain('exante-live\tex_live_[0-9A-Za-z]{49}\\b');
      expect(answer.text.split('\n')).toContain('gatehouse-live\tghm_[0-9A-Za-z]{49}\\b');
      expect(answer.headers).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'public, max-age=300',
      });
    }
    expect((await get('?format=gitleaks')).text).toContain("regex = '''ex_live_[0-9A-Za-z]{49}\\b'''");
    expect((await get('?format=trufflehog')).text).toContain("key: 'ex_live_[0-9A-Za-z]{49}\\b'");
  });

  it.each(['?format=toml', '?format=', '?form=regex', '?format=regex&format=gitleaks'])('refuses %s', async (query) => {
    const answer = await get(query);
    expect([answer.status, answer.json]).toMatchObject([422, { code: 'validation_error' }]);
  });
});
