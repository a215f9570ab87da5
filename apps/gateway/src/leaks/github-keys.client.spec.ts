import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeGithub, startFakeGithub } from '@gatehouse/testing/github';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchGithubKeys } from './github-keys.client.js';

const pem = (curve: string) =>
  generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ type: 'spki', format: 'pem' });
const list = (...keys: unknown[]) => JSON.stringify({ public_keys: keys });

describe("GitHub's public keys", () => {
  let github: FakeGithub;
  const servers: Server[] = [];
  beforeEach(async () => {
    github = await startFakeGithub();
  });
  afterEach(async () => {
    await github.stop();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  it('are all of those that are published, the current one or not', async () => {
    const keys = await fetchGithubKeys(github.keysUrl);
    expect([...keys.keys()]).toEqual(github.keyIds);
  });

  it('leave out a key that is none for this signature', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
    const body = list(
      { key_identifier: 'rsa', key: rsa },
      { key_identifier: 'p384', key: pem('P-384') },
      { key_identifier: 'text', key: 'no key' },
      { key_identifier: 'good', key: pem('P-256'), is_current: false, added_one_day: 1 },
    );
    github.answerInstead({ status: 200, body });
    expect([...(await fetchGithubKeys(github.keysUrl)).keys()]).toEqual(['good']);
  });

  it.each([
    ['an error', { status: 500, body: list({ key_identifier: 'good', key: pem('P-256') }) }],
    ['a limit of requests', { status: 403, body: '{"message":"API rate limit exceeded"}' }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['another shape', { status: 200, body: '{"public_keys":{}}' }],
    ['no key', { status: 200, body: list() }],
    ['no key of this kind', { status: 200, body: list({ key_identifier: 'p384', key: pem('P-384') }) }],
  ])('cannot be had where the answer is %s', async (_, answer) => {
    github.answerInstead(answer);
    await expect(fetchGithubKeys(github.keysUrl)).rejects.toThrow();
  });

  it('are not looked for elsewhere, whatever the answer says', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: github.keysUrl }).end());
    await expect(fetchGithubKeys(url)).rejects.toThrow('302');
    expect(github.asked()).toBe(0);
  });

  it('are not read without an end', async () => {
    let written = 0;
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        if (response.destroyed) return;
        written += 65_536;
        if (written < 64 * 1024 * 1024) response.write(' '.repeat(65_536), more);
      };
      more();
    });
    await expect(fetchGithubKeys(url)).rejects.toThrow();
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  it('cannot be had where nobody answers', async () => {
    await expect(fetchGithubKeys('http://127.0.0.1:1/')).rejects.toThrow();
  });
});
