import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CatalogError, loadCatalog } from './catalog.loader.js';
import { renderRefusal } from './render-refusal.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-catalog-'));
  await mkdir(join(folder, 'profiles'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const file = () => join(folder, 'gatehouse.yaml');

async function load(text: string | Buffer) {
  await writeFile(file(), text);
  return loadCatalog(file());
}

async function problemsOf(text: string | Buffer): Promise<readonly string[]> {
  try {
    await load(text);
  } catch (error) {
    if (error instanceof CatalogError) return error.problems;
    throw error;
  }
  return [];
}

const valid = 'apis: [{name: a, profile: exante, upstream: example}]';

describe('loadCatalog', () => {
  it('loads the example configuration of the repository with the built-in profiles', async () => {
    const catalog = await loadCatalog(new URL('../../../gatehouse.yaml', import.meta.url).pathname);
    expect(catalog.apis.map(({ name, profile, upstream }) => [name, profile.name, upstream])).toEqual([
      ['xantly', 'xantly', 'example'],
      ['generic', 'generic', 'example'],
      ['generic-dev', 'generic', 'example'],
      ['exante', 'exante', 'example'],
      ['xerotier', 'xerotier', 'example'],
      ['altrixy', 'altrixy', 'example'],
    ]);
    expect(catalog.gateways).toBe(1);
  });

  it('points at line, column and field of everything that is wrong, all at once', async () => {
    expect(
      await problemsOf(
        [
          'apis:',
          '  - name: shop',
          '    profile: exante',
          '    hosts: [shop.example, Shop.Example]',
          '    upsteam: http://127.0.0.1:1',
          '    verification: cached',
          '    limiterOutage: maybe',
          '    upstreamIdentity: none',
          '    limits: local',
          '    routes:',
          '      - match: get /x',
          '        cost: 1.5',
          'plans:',
          '  free: { key: { fortnight: 3, day: 0 } }',
          'gateways: two',
        ].join('\n'),
      ),
    ).toEqual([
      'gatehouse.yaml:2:5 apis[0].upstream: is missing; it must be text',
      'gatehouse.yaml:4:27 apis[0].hosts[1]: must be a host name in lower case, without scheme, port and path',
      'gatehouse.yaml:5:5 apis[0].upsteam: is not known here',
      'gatehouse.yaml:6:19 apis[0].verification: must be queried or leased',
      'gatehouse.yaml:7:20 apis[0].limiterOutage: must be deny, allow or local',
      'gatehouse.yaml:8:23 apis[0].upstreamIdentity: must be token or headers',
      'gatehouse.yaml:9:13 apis[0].limits: must be queried or leased',
      'gatehouse.yaml:11:16 apis[0].routes[0].match: must be a method and a path, such as POST /v1/invoices/*, with *, ** or {project} as whole segments',
      'gatehouse.yaml:12:15 apis[0].routes[0].cost: must be a whole number',
      'gatehouse.yaml:14:18 plans.free.key.fortnight: is not known here',
      'gatehouse.yaml:14:37 plans.free.key.day: must be 1 or more',
      'gatehouse.yaml:15:11 gateways: must be a number',
    ]);
  });

  it('points at what does not fit the profile', async () => {
    const text = [
      'apis:',
      '  - name: shop',
      '    profile: exante',
      '    upstream: example',
      '    routes:',
      '      - match: GET /x',
      '        scopes: [invoices.read, invoices.reed]',
      '  - name: other',
      '    profile: exantly',
      '    upstream: example',
    ].join('\n');
    expect(await problemsOf(text)).toEqual([
      'gatehouse.yaml:7:33 apis[0].routes[0].scopes[1]: the profile exante has no scope invoices.reed; known are invoices.read, invoices.write',
      'gatehouse.yaml:9:14 apis[1].profile: there is no profile exantly; known are altrixy, exante, generic, xantly, xerotier',
    ]);
  });

  it('points at what is wrong with projects, environments, leaks and imported keys', async () => {
    const form = 'prefix: old_, length: 40, digest';
    expect(
      await problemsOf(
        [
          'apis:',
          '  - name: shop',
          '    profile: exante',
          '    upstream: example',
          '    environments: []',
          '    leakPolicy: ignore',
          '    routes:',
          '      - match: GET /a/**/b/{project}',
          '      - match: GET /{project}/{project}',
          '      - match: GET /{projects}/x',
          '      - match: GET /x{project}',
          '      - match: GET /{project}/**',
          '    importedKeys:',
          `      - { ${form}: hmac-sha256 }`,
          `      - { ${form}: sha256, pepper: LEGACY }`,
          `      - { ${form}: md5 }`,
          `      - { ${form}: hmac-sha256, pepper: 7th }`,
          '      - { prefix: old_, length: 19, digest: sha256 }',
          '      - { prefix: "ol d", length: 257, digest: sha256 }',
          '      - { length: 15, digest: sha256 }',
          'plans: { free: { keysMax: -1 } }',
        ].join('\n'),
      ),
    ).toEqual([
      'gatehouse.yaml:5:19 apis[0].environments: must name at least one environment',
      'gatehouse.yaml:6:17 apis[0].leakPolicy: must be revoke, quarantine or notify',
      'gatehouse.yaml:8:16 apis[0].routes[0].match: must not have {project} behind **, where it has no certain place',
      'gatehouse.yaml:9:16 apis[0].routes[1].match: may have {project} once',
      'gatehouse.yaml:10:16 apis[0].routes[2].match: must be a method and a path, such as POST /v1/invoices/*, with *, ** or {project} as whole segments',
      'gatehouse.yaml:11:16 apis[0].routes[3].match: must be a method and a path, such as POST /v1/invoices/*, with *, ** or {project} as whole segments',
      'gatehouse.yaml:14:9 apis[0].importedKeys[0].pepper: is missing; it must be text',
      'gatehouse.yaml:15:61 apis[0].importedKeys[1].pepper: must not be here: sha256 takes none',
      'gatehouse.yaml:16:45 apis[0].importedKeys[2].digest: must be sha256 or hmac-sha256',
      'gatehouse.yaml:17:66 apis[0].importedKeys[3].pepper: must be a name: letters, digits, _ and -, 64 at most',
      'gatehouse.yaml:18:33 apis[0].importedKeys[4].length: must be 20 or more: 16 characters behind the prefix',
      'gatehouse.yaml:19:19 apis[0].importedKeys[5].prefix: must be visible ASCII without commas',
      'gatehouse.yaml:19:35 apis[0].importedKeys[5].length: must be 256 at most',
      'gatehouse.yaml:20:9 apis[0].importedKeys[6].prefix: is missing; it must be text',
      'gatehouse.yaml:20:19 apis[0].importedKeys[6].length: must be 16 or more',
      'gatehouse.yaml:21:27 plans.free.keysMax: must be 0 or more',
    ]);
  });

  it.each([
    ['', 'gatehouse.yaml:1:1 the file is empty'],
    ['# nothing yet\n', 'gatehouse.yaml:1:1 the file is empty'],
    ['just text', 'gatehouse.yaml:1:1 must be a mapping'],
    ['apis: 1', 'gatehouse.yaml:1:7 apis: must be a list'],
    ['apis: []', 'gatehouse.yaml:1:7 apis: must name at least one API'],
    ['gateways: 2', 'gatehouse.yaml:1:1 apis: is missing; it must be a list'],
    [`${valid}\n${valid}`, 'gatehouse.yaml:2:1 is not valid YAML: Map keys must be unique'],
    [`${valid}\n---\n${valid}`, 'gatehouse.yaml:2:1 is not valid YAML: Source contains multiple documents'],
    ['apis:\n\t- name: a', 'gatehouse.yaml:2:1 is not valid YAML: Tabs are not allowed as indentation'],
    ['apis: [', 'gatehouse.yaml:1:8 is not valid YAML: Flow sequence'],
    ['apis: !!js/function x', 'gatehouse.yaml:1:7 is not valid YAML: Unresolved tag'],
    [`${valid}\n__proto__: {gateways: 7}`, 'gatehouse.yaml:2:1 __proto__ cannot be a name here'],
    [`${valid}\nplans: {constructor: {}}`, 'gatehouse.yaml:2:9 constructor cannot be a name here'],
    ['{? [a]: 1}', 'gatehouse.yaml:1:4 a name must be plain text'],
    [
      'a: &a [1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]',
      'gatehouse.yaml:1:1 is not valid YAML: Excessive',
    ],
    ['apis: &x [*x]', 'gatehouse.yaml:1:11 apis[0]: must be a mapping'],
    [Buffer.from([0x61, 0x3a, 0xff]), 'gatehouse.yaml is not UTF-8 text'],
    ['['.repeat(20_000), 'gatehouse.yaml:'],
  ])('refuses %j with one clear message', async (text, message) => {
    const [first] = await problemsOf(text);
    expect(first?.slice(0, message.length)).toBe(message);
  });

  it.each([
    ['ftp://a.example', 'must be an http:// or https:// address, or example'],
    ['a.example:80', 'must be an http:// or https:// address, or example'],
    ['http:', 'must be an http:// or https:// address, or example'],
    ['http://user:pass@a.example', 'must not hold a user name or a password'],
    ['http://a.example/?x=1', 'must end with the path, without ? and #'],
  ])('refuses the upstream %s', async (upstream, message) => {
    const text = `apis: [{name: a, profile: exante, upstream: "${upstream}"}]`;
    expect(await problemsOf(text)).toEqual([`gatehouse.yaml:1:45 apis[0].upstream: ${message}`]);
  });

  it('says what is wrong with a file that is not there or is none, and shows where it was looked for', async () => {
    await expect(loadCatalog(join(folder, 'no.yaml'))).rejects.toThrow(`${join(folder, 'no.yaml')} cannot be used`);
    await expect(loadCatalog(join(folder, 'no.yaml'))).rejects.toThrow('no.yaml does not exist');
    await expect(loadCatalog(folder)).rejects.toThrow('is a folder, not a file');
  });

  it('does not leave the folder of profiles, whatever a name says', async () => {
    await writeFile(join(folder, 'outside.yaml'), 'name: outside');
    expect(await problemsOf('apis: [{name: a, profile: ../outside, upstream: example}]')).toEqual([
      'gatehouse.yaml:1:27 apis[0].profile: must be lower case letters, digits and hyphens, 40 at most',
    ]);
  });
});

const SIXTH = `
name: sixth
key: { prefixes: { production: sx-prod-, sandbox: sx-test- } }
credentials: [{ header: X-Sixth-Token }, { header: Authorization, scheme: Token }]
scopes: { "things:read": Read things }
plans: { basic: { key: { second: 1 } } }
defaultPlan: basic
errors:
  contentType: application/problem+json
  body: { type: "about:blank", title: "{title}", status: "{status}", detail: "{message}", instance: "{request_id}" }
  fallback:
    default: { title: Refused }
    401: { title: Unauthorized }
headers:
  limits: { RateLimit-Remaining: "{remaining}" }
  limited: { X-Retry-After: "{retry_after}" }
`;

describe('a profile of an operator', () => {
  it('works without a line of code, and goes before a built-in one of the same name', async () => {
    await writeFile(join(folder, 'profiles', 'sixth.yaml'), SIXTH);
    const { apis } = await load(
      'apis: [{name: six, profile: sixth, upstream: "https://six.example/v2", routes: [{match: GET /things, scopes: ["things:read"]}]}]',
    );
    const profile = apis[0]?.profile;
    if (profile === undefined) throw new Error('no API');
    expect(profile.key.prefixes).toEqual({ production: 'sx-prod-', sandbox: 'sx-test-' });
    expect(renderRefusal(profile, 'key_revoked', { request_id: 'req_1' })).toEqual({
      status: 401,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'www-authenticate': 'ApiKey realm="sixth", error="invalid_token"',
      },
      body: '{"type":"about:blank","title":"Unauthorized","status":401,"detail":"The API key has been revoked.","instance":"req_1"}',
    });

    await writeFile(join(folder, 'profiles', 'exante.yaml'), SIXTH.replace('name: sixth', 'name: exante'));
    expect((await load(valid)).apis[0]?.profile.defaultPlan).toBe('basic');
  });

  it('is refused with its own lines where its parts do not fit', async () => {
    await writeFile(
      join(folder, 'profiles', 'sixth.yaml'),
      [
        'name: seventh',
        'key: { prefixes: { a: my_, b: my_x_ } }',
        'credentials:',
        '  - { header: Host }',
        '  - { header: X-Key }',
        '  - { header: x-key }',
        'scopes: {}',
        'plans: { free: {} }',
        'defaultPlan: basic',
        'errors:',
        '  body: [ "{message}", "{type}", "{nonsense}" ]',
        '  fallback: { "401": { type: a } }',
        '  refusals:',
        '    key_revoked: { message: "{foo}", status: 403, request_id: 7 }',
        'headers: { limits: { X-A: "{retry_after}" } }',
      ].join('\n'),
    );
    expect(await problemsOf('apis: [{name: six, profile: sixth, upstream: example}]')).toEqual([
      'profiles/sixth.yaml:1:7 name: must be sixth, as the file is called',
      'profiles/sixth.yaml:2:31 key.prefixes.b: begins with the prefix of a, so that keys of the two could not be told apart',
      'profiles/sixth.yaml:4:15 credentials[0].header: Host cannot carry a credential',
      'profiles/sixth.yaml:6:5 credentials[2]: is listed twice',
      'profiles/sixth.yaml:9:14 defaultPlan: there is no plan basic; the profile has free',
      expect.stringMatching(/^profiles\/sixth\.yaml:11:9 errors\.body: \{type\} is not given by path_ambiguous, /),
      'profiles/sixth.yaml:11:9 errors.body: {nonsense} is not given by any refusal: give nonsense in errors.refusals or errors.fallback',
      expect.stringMatching(
        /^profiles\/sixth\.yaml:14:29 errors\.refusals\.key_revoked\.message: \{foo\} is not known/,
      ),
      'profiles/sixth.yaml:14:51 errors.refusals.key_revoked.request_id: is a name that the gateway fills in; choose another',
      expect.stringMatching(/^profiles\/sixth\.yaml:15:27 headers\.limits\.X-A: \{retry_after\} is not known here/),
    ]);
  });

  it('is refused where its schema does not allow it', async () => {
    const spoilt = SIXTH.replace('application/problem+json', 'text/html')
      .replace('sx-prod-', 'SX')
      .replace('    401:', '    key_wrong: {}\n    401:')
      .replace('defaultPlan', 'defaultplan')
      .replace('"{remaining}"', '"a\\r\\nb"');
    await writeFile(join(folder, 'profiles', 'sixth.yaml'), spoilt);
    expect(await problemsOf('apis: [{name: six, profile: sixth, upstream: example}]')).toEqual([
      'profiles/sixth.yaml:2:1 defaultPlan: is missing; it must be text',
      'profiles/sixth.yaml:3:32 key.prefixes.production: must be lower case words that end in _ or -; one of them, but not the first, may be {project_slug}',
      'profiles/sixth.yaml:7:1 defaultplan: is not known here',
      'profiles/sixth.yaml:9:16 errors.contentType: must be application/json or a kind of it',
      'profiles/sixth.yaml:13:5 errors.fallback.key_wrong: must be a status or default',
      'profiles/sixth.yaml:16:34 headers.limits.RateLimit-Remaining: must be printable ASCII, since it goes into a header',
    ]);
  });

  it('takes a scope as its description, or with the roles of those who may grant it; roles group scopes', async () => {
    const more = [
      'roles: { reader: { scopes: ["things:read"] } }',
      'rotation: { inPlace: false }',
      'scopes: { "things:read": Read, "things:drop": { description: Drop, roles: [owner, admin] } }',
    ].join('\n');
    const text = `${SIXTH.replace(/^scopes.*$/m, '')}${more}`;
    await writeFile(join(folder, 'profiles', 'sixth.yaml'), text);
    const profile = (await load('apis: [{name: six, profile: sixth, upstream: example}]')).apis[0]?.profile;
    expect(profile).toMatchObject({
      scopes: {
        'things:read': { description: 'Read', roles: null },
        'things:drop': { description: 'Drop', roles: ['owner', 'admin'] },
      },
      roles: { reader: { description: '', scopes: ['things:read'] } },
      rotation: { inPlace: false, graceSecondsMax: 604_800, remindAfterDays: null },
    });
  });

  it('is refused where scopes, roles, prefixes and what depends on them do not fit', async () => {
    const profile = (...changes: readonly (readonly [RegExp, string])[]) =>
      changes.reduce((text, [from, to]) => text.replace(from, to), SIXTH.trim());
    const problems = async (text: string) => {
      await writeFile(join(folder, 'profiles', 'sixth.yaml'), text);
      return problemsOf('apis: [{name: six, profile: sixth, upstream: example}]');
    };
    expect(
      await problems(
        profile([
          /^scopes.*$/m,
          'scopes: { a: { description: A, roles: [owner, boss] }, b: 7, c: { roles: [], for: x } }',
        ]),
      ),
    ).toEqual([
      'profiles/sixth.yaml:4:47 scopes.a.roles[1]: must be one of owner, admin, developer, viewer',
      'profiles/sixth.yaml:4:59 scopes.b: must be a description, or a mapping with description and roles',
      'profiles/sixth.yaml:4:74 scopes.c.roles: must name at least one role',
      'profiles/sixth.yaml:4:78 scopes.c.for: is not known here',
    ]);
    expect(
      await problems(
        profile(
          [/^scopes.*$/m, 'scopes: { a: A }\nroles: { r: { scopes: [a, b] } }'],
          [/^ {2}limits.*$/m, '  limitsOn: every'],
        ),
      ),
    ).toEqual([
      'profiles/sixth.yaml:5:27 roles.r.scopes[1]: there is no scope b; known are a',
      'profiles/sixth.yaml:15:13 headers.limitsOn: every answer cannot have limit headers while headers.limits names none',
    ]);
    expect(
      await problems(
        profile([
          /^key.*$/m,
          'key: { prefixes: { a: "sx_{project_slug}_{project_slug}_", b: "sy_{slug}_", c: "{project_slug}_", d: "sz_x{project_slug}_" } }',
        ]),
      ),
    ).toEqual([
      'profiles/sixth.yaml:2:23 key.prefixes.a: may have {project_slug} once',
      'profiles/sixth.yaml:2:63 key.prefixes.b: {slug} is not known here; known is {project_slug}',
      'profiles/sixth.yaml:2:80 key.prefixes.c: must be lower case words that end in _ or -; one of them, but not the first, may be {project_slug}',
      'profiles/sixth.yaml:2:102 key.prefixes.d: must be lower case words that end in _ or -; one of them, but not the first, may be {project_slug}',
    ]);
    expect(
      await problems(
        profile([
          /^key.*$/m,
          'key: { prefixes: { a: "sx_{project_slug}_", b: "sx_{project_slug}_b_", c: sx_c_, d: sy_ } }',
        ]),
      ),
    ).toEqual(
      [
        ['2:23', 'a', 'b'],
        ['2:48', 'b', 'a'],
        ['2:75', 'c', 'a'],
        ['2:75', 'c', 'b'],
      ].map(
        ([at, one, other]) =>
          `profiles/sixth.yaml:${at} key.prefixes.${one}: begins with the prefix of ${other}, so that keys of the two could not be told apart`,
      ),
    );
    expect(
      await problems(
        profile(
          [/^defaultPlan/m, 'rotation: { graceSecondsMax: -1, remindAfterDays: 0, inplace: true }\ndefaultPlan'],
          [/^plans.*$/m, 'plans: { basic: { keysMax: 1.5 } }'],
          [/^ {2}limited/m, '  limitsOn: all\n  limited'],
        ),
      ),
    ).toEqual([
      'profiles/sixth.yaml:5:28 plans.basic.keysMax: must be a whole number',
      'profiles/sixth.yaml:6:30 rotation.graceSecondsMax: must be 0 or more',
      'profiles/sixth.yaml:6:51 rotation.remindAfterDays: must be 1 or more',
      'profiles/sixth.yaml:6:54 rotation.inplace: is not known here',
      'profiles/sixth.yaml:16:13 headers.limitsOn: must be charged or every',
    ]);
  });
});
