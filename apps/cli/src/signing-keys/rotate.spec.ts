import { afterEach, describe, expect, it } from '@jest/globals';
import { type Answered, gatehouse, startFakePlatform } from '../cli-under-test.conformance.js';

const ROTATED = { status: 200, body: { current: 'kid-2', published: ['kid-1', 'kid-2', 'kid-3'] } };

describe('gatehouse signing-keys rotate', () => {
  let platform: Awaited<ReturnType<typeof startFakePlatform>>;
  afterEach(() => platform.stop());

  async function rotate(answered: Answered, ...args: string[]) {
    platform = await startFakePlatform(() => answered);
    return gatehouse(['signing-keys', 'rotate', ...args], { environment: platform.environment });
  }

  it.each([
    [[], { drop: false }, 'also published: kid-1, kid-3\n'],
    [['--drop'], { drop: true }, 'the key before is removed; also published: kid-1, kid-3\n'],
  ])('asks the platform once, and says which key signs: %j', async (args, body, err) => {
    expect(await rotate(ROTATED, ...args)).toEqual({ exitCode: 0, out: 'kid-2 signs from now on\n', err });
    expect(platform.asked).toEqual([
      {
        method: 'POST',
        url: '/api/v1/signing-keys/rotate',
        authorization: 'Bearer ghm_token',
        body: JSON.stringify(body),
      },
    ]);
  });

  it('answers as JSON alone on standard output where that is asked for', async () => {
    const { exitCode, out } = await rotate(ROTATED, '--json');
    expect([exitCode, JSON.parse(out)]).toEqual([0, ROTATED.body]);
  });

  it.each([
    [403, { code: 'permission_denied', title: 'No' }, 3, 'permission_denied'],
    [401, { code: 'token_expired', title: 'Over' }, 3, 'token_expired'],
    [422, { code: 'validation_error', title: 'Bad' }, 2, 'validation_error'],
    [200, '<html>', 3, 'http_200'],
    [200, { current: 7 }, 3, 'http_200'],
    [503, 'down', 3, 'http_503'],
  ])('ends with the code of the refusal, and is not asked again: %d %j', async (status, body, exitCode, code) => {
    const refused = await rotate({ status, body }, '--json');
    expect([refused.exitCode, JSON.parse(refused.out)]).toMatchObject([exitCode, { error: { code } }]);
    expect(platform.asked).toHaveLength(1);
  });

  it('refuses what it does not know, and asks nobody', async () => {
    for (const args of [['--force'], ['kid-1'], ['--drop=yes']]) {
      expect((await rotate(ROTATED, ...args)).exitCode).toBe(2);
      expect(platform.asked).toEqual([]);
      await platform.stop();
    }
    platform = await startFakePlatform(() => ROTATED);
    const help = await gatehouse(['signing-keys', 'rotate', '--help']);
    expect(help.out).toContain('--drop');
    expect((await gatehouse(['signing-keys', 'rotate'])).err).toContain('GATEHOUSE_TOKEN');
  });
});
