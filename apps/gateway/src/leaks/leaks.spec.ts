import { createHmac, hash } from 'node:crypto';
import { request } from 'node:http';
import { type Leak, reportLeaks } from '@gatehouse/contracts/leaks';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { type FakeGithub, startFakeGithub } from '@gatehouse/testing/github';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  FORMER_PEPPER,
  type PlatformUnderTest,
  startPlatformUnderTest,
} from '../management/platform-under-test.conformance.js';

const CONTENT = 'https://github.com/octocat/Hello-World/blob/12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt';
const match = (token: string, changes: object = {}) => ({
  token,
  type: 'exante-live',
  url: CONTENT,
  source: 'content',
  ...changes,
});
const flat = (headers: Record<string, string>) => Object.entries(headers).flat();

describe('POST /leaks/github', () => {
  let github: FakeGithub;
  let platform: PlatformUnderTest;
  let nowMs = 0;
  beforeAll(async () => {
    github = await startFakeGithub();
    platform = await startPlatformUnderTest({ signingKeysUrl: github.keysUrl, monotonicMs: () => nowMs });
  });
  afterAll(async () => {
    await platform.stop();
    await github.stop();
  });
  afterEach(() => {
    github.answerInstead(undefined);
    platform.world.asked.length = 0;
    platform.world.digests.clear();
    nowMs += 10 * 60_000;
  });

  const post = (body: string | Buffer, headers: Record<string, string> = github.headersFor(body)) =>
    platform.send({ method: 'POST', path: '/leaks/github', headers: flat(headers), body });
  const report = (matches: readonly object[], keyId?: string) => {
    const body = JSON.stringify(matches);
    return post(body, github.headersFor(body, keyId));
  };
  const told = () => platform.world.of(reportLeaks.subject).flatMap((input) => (input as { leaks: Leak[] }).leaks);
  const expectRefused = async (answer: ReturnType<typeof post>, status: number, code: string) => {
    const { json, ...rest } = await answer;
    expect([rest.status, (json as { code: string }).code]).toEqual([status, code]);
    expect(told()).toEqual([]);
    return rest;
  };

  it('knows management keys as well', async () => {
    const key = mintKey('ghm_');
    await report([match(key, { type: 'gatehouse-live' })]);
    expect(told()).toMatchObject([{ digest: digestKey(key).toString('base64') }]);
  });

  it('tells keys the digest of each key that was found, and GitHub which of them are keys', async () => {
    const [key, stranger] = [mintKey('ex_live_'), mintKey('ex_live_')];
    platform.world.digests.add(digestKey(key).toString('base64'));
    const answer = await report([match(key), match(stranger), match('ghp_something_else')]);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    const feedback = (token: string, label: string) => ({
      token_hash: hash('sha256', token, 'hex'),
      token_type: 'exante-live',
      label,
    });
    expect(answer.json).toEqual([
      feedback(key, 'true_positive'),
      feedback(stranger, 'false_positive'),
      feedback('ghp_something_else', 'false_positive'),
    ]);
    expect(platform.world.of(reportLeaks.subject)).toMatchObject([
      { reporter: 'github', address: '127.0.0.1', requestId: answer.headers['x-request-id'] },
    ]);
    expect(told()).toEqual(
      [key, stranger].map((token) => ({
        digest: digestKey(token).toString('base64'),
        type: 'exante-live',
        url: CONTENT,
        source: 'content',
      })),
    );
  });

  it('tells keys of a key that a former system issued what that system kept of it', async () => {
    const plain = `old_${'a1'.repeat(10)}`;
    const peppered = `older_${'b2'.repeat(10)}`;
    const digests = [
      hash('sha256', plain, 'base64'),
      createHmac('sha256', FORMER_PEPPER).update(peppered).digest('base64'),
    ];
    for (const digest of digests) platform.world.digests.add(digest);
    const tokens = [plain, peppered, `${plain}0`, `old_${' '.repeat(20)}`, `other_${'b2'.repeat(10)}`];
    const answer = await report(tokens.map((token) => match(token)));
    expect((answer.json as { label: string }[]).map(({ label }) => label)).toEqual([
      'true_positive',
      'true_positive',
      'false_positive',
      'false_positive',
      'false_positive',
    ]);
    expect(told().map(({ digest }) => digest)).toEqual(digests);
  });

  it('accepts either of the keys that GitHub publishes', async () => {
    for (const keyId of github.keyIds) expect((await report([], keyId)).status).toBe(200);
  });

  it('lets no key out of the gateway: neither on the bus, nor in the log, nor in the answer', async () => {
    const key = mintKey('ex_live_');
    platform.world.digests.add(digestKey(key).toString('base64'));
    const answers = [
      await report([match(key, { url: `https://example.com/${key}?${key}`, source: `x${key}` })]),
      await post(JSON.stringify([match(key)]), { ...github.headersFor('other'), 'x-note': 'tampered' }),
      await report([{ token: [key], type: key }]),
      await post(`[{"token":"${key}"`, github.headersFor(`[{"token":"${key}"`)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 422, 400]);
    const seen = JSON.stringify([
      answers.map(({ text, headers }) => [text, headers]),
      platform.lines,
      platform.world.of(reportLeaks.subject),
    ]);
    expect(seen).not.toContain(key.slice(8, 40));
  });

  it('answers a report that comes again as it did before', async () => {
    const key = mintKey('ex_live_');
    platform.world.digests.add(digestKey(key).toString('base64'));
    const body = JSON.stringify([match(key), match(mintKey('ex_live_'))]);
    const headers = github.headersFor(body);
    const [first, second] = [await post(body, headers), await post(body, headers)];
    expect([second.status, second.text]).toEqual([200, first.text]);
  });

  it('refuses a body that was read and written again [GH-02]', async () => {
    const body = JSON.stringify([match(mintKey('ex_live_'))], null, 2);
    await expectRefused(post(JSON.stringify(JSON.parse(body)), github.headersFor(body)), 401, 'signature_invalid');
    expect((await post(body, github.headersFor(body))).status).toBe(200);
  });

  it('refuses what somebody made up about the key of another, signed or not [H-034]', async () => {
    const forged = JSON.stringify([match(mintKey('ex_live_'))]);
    const good = github.headersFor('[]');
    await expectRefused(post(forged, good), 401, 'signature_invalid');
    await expectRefused(
      post(forged, { ...good, 'github-public-key-signature': Buffer.alloc(72).toString('base64') }),
      401,
      'signature_invalid',
    );
    await expectRefused(post(forged, { 'content-type': 'application/json' }), 400, 'invalid_request');
    const { 'github-public-key-signature': signature, ...unsigned } = good;
    await expectRefused(post(forged, unsigned), 400, 'invalid_request');
    expect(signature).toBeDefined();
  });

  it('asks for the keys once where the id is unknown, then refuses, whoever makes ids up [GH-03]', async () => {
    await report([]);
    nowMs += 60_000;
    const before = github.asked();
    for (let attempt = 0; attempt < 20; attempt++) {
      const body = JSON.stringify([match(mintKey('ex_live_'))]);
      await expectRefused(post(body, github.headersFor(body, `made-up-${attempt}`)), 401, 'signing_key_unknown');
    }
    expect(github.asked() - before).toBe(1);
  });

  it('refuses with 503 while the keys cannot be fetched, and never accepts [GH-03]', async () => {
    const lone = await startPlatformUnderTest({ signingKeysUrl: github.keysUrl, monotonicMs: () => nowMs });
    try {
      github.answerInstead({ status: 500, body: '' });
      const body = JSON.stringify([match(mintKey('ex_live_'))]);
      const sent = { method: 'POST', path: '/leaks/github', headers: flat(github.headersFor(body)), body };
      for (let attempt = 0; attempt < 3; attempt++) {
        const answer = await lone.send(sent);
        expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30']);
      }
      expect(lone.world.asked).toEqual([]);
      github.answerInstead(undefined);
      nowMs += 30_000;
      expect((await lone.send(sent)).status).toBe(200);
    } finally {
      await lone.stop();
    }
  });

  it('refuses with 503 while keys does not answer', async () => {
    const lone = await startPlatformUnderTest({ signingKeysUrl: github.keysUrl, withoutServices: true });
    try {
      const body = JSON.stringify([match(mintKey('ex_live_'))]);
      const headers = flat(github.headersFor(body));
      const answer = await lone.send({ method: 'POST', path: '/leaks/github', headers, body });
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    } finally {
      await lone.stop();
    }
  });

  it('says what is wrong with a body that is signed, but is no report', async () => {
    for (const body of ['', '[', 'nonsense']) await expectRefused(post(body), 400, 'malformed_json');
    await expectRefused(post(Buffer.from('5b22ff225d', 'hex')), 400, 'malformed_json');
    for (const body of ['{}', '"text"', 'null', '[{"token":"x"}]', '[1]', '[{"token":"","type":"t"}]']) {
      await expectRefused(post(body), 422, 'validation_error');
    }
    const answer = await report(Array.from({ length: 5_000 }, () => ({ token: 1, type: 't' })));
    const { errors } = answer.json as { errors: Record<string, string> };
    expect(Object.keys(errors)).toHaveLength(100);
    expect(errors['0.token']).toEqual(expect.any(String));
    await expectRefused(
      post('[]', { ...github.headersFor('[]'), 'content-type': 'text/plain' }),
      415,
      'unsupported_media_type',
    );
  });

  it('takes ten thousand matches, in messages of at most five hundred [GH-04]', async () => {
    const keys = Array.from({ length: 10_000 }, () => mintKey('ex_live_'));
    for (const key of keys.slice(0, 5_000)) platform.world.digests.add(digestKey(key).toString('base64'));
    const answer = await report(keys.map((key, place) => match(key, { url: `${CONTENT}#L${place}` })));
    expect(answer.status).toBe(200);
    const labels = (answer.json as { label: string }[]).map(({ label }) => label);
    expect(labels.slice(0, 5_000).every((label) => label === 'true_positive')).toBe(true);
    expect(labels.slice(5_000).every((label) => label === 'false_positive')).toBe(true);
    expect(platform.world.of(reportLeaks.subject)).toHaveLength(20);
    expect(told()).toHaveLength(10_000);
  });

  it('takes no more than 8 MiB, and no other route takes that much', async () => {
    await expectRefused(post(Buffer.alloc(8 * 1024 * 1024 + 1, 32)), 413, 'body_too_large');
    const body = `[${' '.repeat(8 * 1024 * 1024 - 2)}]`;
    expect((await post(body)).status).toBe(200);
    const elsewhere = { method: 'POST', path: '/auth/login', headers: ['content-type', 'application/json'], body };
    expect((await platform.send(elsewhere)).status).toBe(413);
  });

  it('holds a bounded number of bodies at once, whoever sends them, and is free again afterwards', async () => {
    const hold = () => {
      const headers = { ...github.headersFor('[]'), host: 'gate.example', 'content-length': '2' };
      const sent = request({ port: platform.port, host: '127.0.0.1', method: 'POST', path: '/leaks/github', headers });
      const answered = new Promise<number>((resolve, reject) => {
        sent.on('response', (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        sent.on('error', reject);
      });
      sent.write('[');
      return { answered, finish: () => sent.end(']') };
    };
    const held = Array.from({ length: 6 }, hold);
    const refused = await Promise.race([held[4]?.answered, held[5]?.answered]);
    expect(refused).toBe(503);
    for (const { finish } of held) finish();
    const statuses = await Promise.all(held.map(({ answered }) => answered));
    expect(statuses.sort()).toEqual([200, 200, 200, 200, 503, 503]);
    expect((await post('[]')).status).toBe(200);
  });
});
