import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { type Platform, repositoryRoot, startStandalonePlatform } from '@gatehouse/testing/platform';
import { temporaryFolder } from '@gatehouse/testing/temporary-folder';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** What the README tells a newcomer to paste, pasted: the blocks of one language, in their order. */
describe('the README', () => {
  let folder: string;
  let platform: Platform;
  let example: { readonly url: string; stop(): Promise<void> };

  beforeAll(async () => {
    folder = await temporaryFolder('gatehouse-readme-');
    example = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
    platform = await startStandalonePlatform({
      exampleUpstreamUrl: example.url,
      // The README's reader has no administrator yet.
      environment: { GATEHOUSE_ADMIN_EMAIL: '', GATEHOUSE_ADMIN_PASSWORD: '' },
      dataFolder: join(folder, '.gatehouse'),
    });
  });
  afterAll(async () => {
    await platform?.stop();
    await example?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('leads from nothing to a created key, a 200 through the gateway, and 401 after the revoke', async () => {
    const readme = await readFile(join(repositoryRoot, 'README.md'), 'utf8');
    const blocks = (language: string) =>
      [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, text]) => text ?? '');
    const here = (text: string) => text.replaceAll('http://localhost:8080', platform.url);
    await writeFile(join(folder, 'sdk.mjs'), here(blocks('js')[0] ?? ''));
    const [claim, create, use, revoke] = blocks('sh').map(here);
    const script = [
      claim,
      create,
      use,
      `(cd ${repositoryRoot} && node --input-type=module < ${join(folder, 'sdk.mjs')})`,
      revoke,
    ].join('\n');
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder });
    expect(stdout).toMatch(/"key":"sk-[0-9A-Za-z]{49}"/);
    expect([...stdout.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status)).toEqual(['200', '401']);
    expect(stdout).toContain('"object":"chat.completion"');
    expect(stdout.split('\n').some((line) => line.startsWith('You said: Hello'))).toBe(true);
    expect(stdout).toContain('"state":"revoked"');
    expect(stdout).toContain('"code":"invalid_api_key"');
  });
});
