import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { type Platform, repositoryRoot, startStandalonePlatform } from '@gatehouse/testing/platform';
import { temporaryFolder } from '@gatehouse/testing/temporary-folder';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Administrator, signInAdministrator } from './administrator.js';

/** Nothing in it is like one of the profiles that come with Gatehouse. */
const PROFILE = `
name: lighthouse
description: Weather at sea

key:
  prefixes:
    sea: lh-{project_slug}-sea-
    harbour: harbour-

credentials:
  - { header: X-Keeper, scheme: Lamp }
  - { header: X-Lamp }

browserRequests: refuse

scopes:
  "beam:turn": Turn the lamp
  "log:read": { description: Read the log, roles: [owner] }
roles:
  keeper: { scopes: ["beam:turn", "log:read"] }

defaultPlan: night
plans:
  night: { key: { day: 2 }, organization: { day: 1000 }, keysMax: 4 }

rotation: { inPlace: false }

errors:
  contentType: application/vnd.lighthouse+json
  body: [ "{signal}", { because: "{message}", lamp: "{refusal}", at: "{request_id}", always: null, of: "{status}" } ]
  fallback:
    default: { signal: dark }
    "401": { signal: red }
  refusals:
    scope_missing: { status: 451, signal: [ "{scopes}", 7 ] }
    route_unknown: { status: 410, body: { gone: true, say: "never heard of it" } }
    rate_limited: { status: 503, message: "wait {retry_after}", signal: "{retry_after}" }

headers:
  limitsOn: every
  limits: { Lamp-Oil: "{remaining} of {limit}", Lamp-Dawn: "{reset}" }
  limited: { Lamp-Wait: "{retry_after}s" }
`;

const CONFIGURATION = `
apis:
  - name: sea
    profile: lighthouse
    hosts: [sea.example]
    upstream: example
    environments: [sea]
    routes:
      - { match: "GET /v1/models", scopes: ["beam:turn"] }
      - { match: "GET /whoami", scopes: ["log:read"] }
`;

describe('a profile that nobody has written code for', () => {
  let folder: string;
  let upstream: Awaited<ReturnType<typeof startExampleUpstream>>;
  let platform: Platform;
  let administrator: Administrator;
  let key: string;

  beforeAll(async () => {
    folder = await temporaryFolder('gatehouse-profile-');
    await mkdir(join(folder, 'profiles'));
    await writeFile(join(folder, 'profiles', 'lighthouse.yaml'), PROFILE);
    await writeFile(join(folder, 'gatehouse.yaml'), CONFIGURATION);
    upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
    const environment = { GATEHOUSE_CONFIG: join(folder, 'gatehouse.yaml') };
    platform = await startStandalonePlatform({ exampleUpstreamUrl: upstream.url, environment });
    administrator = await signInAdministrator(platform);
    key = (await administrator.createKey('sea', ['beam:turn'])).key;
  });
  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${platform.url}/apis/sea${path}`, { headers });
    const body = (await answer.json()) as [unknown, Record<string, unknown>];
    return { status: answer.status, body, header: (name: string) => answer.headers.get(name) };
  };

  it('makes its own keys, for the environments that are published', async () => {
    expect(key).toMatch(/^lh-default-sea-[0-9A-Za-z]{49}$/);
  });

  it('takes a key where it says, and nowhere else', async () => {
    const own = (await administrator.createKey('sea', ['beam:turn'])).key;
    expect((await ask('/v1/models', { 'x-keeper': `Lamp ${own}` })).status).toBe(200);
    expect((await ask('/v1/models', { 'x-lamp': own })).status).toBe(200);
    for (const headers of [{ authorization: `Bearer ${own}` }, { 'x-api-key': own }, { 'x-keeper': own }]) {
      expect((await ask('/v1/models', headers)).status).toBe(401);
    }
  });

  it('says refusals in its own envelope, with its own statuses and headers', async () => {
    const missing = await ask('/v1/models');
    expect(missing.status).toBe(401);
    expect(missing.header('content-type')).toBe('application/vnd.lighthouse+json');
    expect(missing.header('www-authenticate')).toBe('Lamp realm="lighthouse"');
    const [signal, details] = missing.body;
    expect(signal).toBe('red');
    expect(details).toEqual({
      because: 'An API key is required.',
      lamp: 'credential_missing',
      at: missing.header('x-request-id'),
      always: null,
      of: 401,
    });
    const unknown = await ask('/v1/models', { 'x-lamp': mintKey('lh-default-sea-') });
    expect(unknown.body).toMatchObject(['red', { lamp: 'key_unknown' }]);
    const lacking = await ask('/whoami', { 'x-lamp': key });
    expect([lacking.status, lacking.body]).toMatchObject([451, [[['log:read'], 7], { lamp: 'scope_missing' }]]);
    const gone = await ask('/else', { 'x-lamp': key });
    expect([gone.status, gone.body]).toEqual([410, { gone: true, say: 'never heard of it' }]);
    const browser = await ask('/v1/models', { 'x-lamp': key, origin: 'https://a.example' });
    expect([browser.status, browser.body[0]]).toEqual([403, 'dark']);
  });

  it('tells limits in its own headers, on every answer, and refuses as it says', async () => {
    const own = (await administrator.createKey('sea', ['beam:turn'])).key;
    const oil = async (path: string, headers: Record<string, string>) => (await ask(path, headers)).header('lamp-oil');
    expect(await oil('/v1/models', {})).toBe('2 of 2');
    expect(await oil('/v1/models', { 'x-lamp': own })).toBe('1 of 2');
    expect(await oil('/whoami', { 'x-lamp': own })).toBe('1 of 2');
    expect(await oil('/v1/models', { 'x-lamp': own })).toBe('0 of 2');
    const limited = await ask('/v1/models', { 'x-lamp': own });
    expect(limited.status).toBe(503);
    const seconds = Number(limited.header('retry-after'));
    expect(limited.header('lamp-wait')).toBe(`${seconds}s`);
    expect(limited.body).toMatchObject([seconds, { because: `wait ${seconds}`, lamp: 'rate_limited' }]);
    expect(Number(limited.header('lamp-dawn')) % 86_400).toBe(0);
  });

  it('has its own number of keys', async () => {
    await expect(Promise.all([1, 2, 3].map(() => administrator.createKey('sea')))).rejects.toThrow('409');
  });
});

describe('the profiles that come with Gatehouse', () => {
  const names = readdirSync(join(repositoryRoot, 'profiles'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));
  const sources = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'apps', 'libs'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => /\/src\/.*(?<!\.(?:spec|conformance))\.ts$/.test(file));

  it('are five', () => {
    expect(names.sort()).toEqual(['altrixy', 'exante', 'generic', 'xantly', 'xerotier']);
    expect(sources.length).toBeGreaterThan(100);
  });

  it('are named by no line of code', () => {
    const mentions = sources.flatMap((file) => {
      const lines = readFileSync(join(repositoryRoot, file), 'utf8').split('\n');
      return lines.flatMap((line, index) =>
        names.some((name) => namesProfile(line, name)) ? [`${file}:${index + 1}`] : [],
      );
    });
    expect(mentions).toEqual([]);
  });
});

/** `generic` is also a word of English: it counts where it is a text of its own. */
function namesProfile(line: string, name: string): boolean {
  return name === 'generic' ? /(['"`])generic\1/.test(line) : line.toLowerCase().includes(name);
}
