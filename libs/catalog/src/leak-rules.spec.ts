import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPrefixes, writePrefix } from '@gatehouse/key-domain/key-prefix';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { temporaryFolder } from '@gatehouse/testing/temporary-folder';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { Api } from './api.js';
import { loadCatalog } from './catalog.loader.js';
import { renderLeakRules } from './leak-rules.js';
import { profileSchema } from './profile-schema.js';

const SLUGS = ['acme', 'a', '7', 'my-shop-2', 'x'.repeat(40)];

/** One API for each profile that there is, and one whose keys hold a slug. */
let apis: readonly Pick<Api, 'name' | 'profile'>[];

beforeAll(async () => {
  const folder = await temporaryFolder('gatehouse-leak-rules-');
  const profiles = await readdir(fileURLToPath(new URL('../../../profiles', import.meta.url)));
  const names = profiles.filter((file) => file.endsWith('.yaml')).map((file) => file.replace('.yaml', ''));
  const file = join(folder, 'gatehouse.yaml');
  await writeFile(file, JSON.stringify({ apis: names.map((name) => ({ name, profile: name, upstream: 'example' })) }));
  const catalog = await loadCatalog(file);
  await rm(folder, { recursive: true });
  const slugged = profileSchema.parse({
    name: 'slugged',
    key: { prefixes: { live: 'slug_{project_slug}_', test: 'slug-test-{project_slug}-' } },
    credentials: [{ header: 'X-API-Key' }],
    scopes: {},
    plans: { free: {} },
    defaultPlan: 'free',
    errors: { body: '{message}' },
  });
  apis = [...catalog.apis, { name: 'slugged', profile: slugged }];
});

/** Every rule of GET /leaks/rules?format=regex, by its name. */
const rules = () =>
  renderLeakRules(apis, 'regex')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t') as [string, string]);
const anyRule = () =>
  new RegExp(
    rules()
      .map(([, expression]) => `(?:${expression})`)
      .join('|'),
    'g',
  );
const found = (text: string) => text.match(anyRule()) ?? [];

/** Keys of all environments of all profiles, with several slugs where a slug is in them. */
function realKeys(): string[] {
  return apis.flatMap(({ profile }) =>
    readPrefixes(profile.key.prefixes).flatMap((prefix) => SLUGS.map((slug) => mintKey(writePrefix(prefix, slug)))),
  );
}

describe('the rules for scanners', () => {
  it('find every key of every profile, as a line, in a text, behind an escape, between signs', () => {
    expect(apis.length).toBeGreaterThanOrEqual(3);
    for (const key of realKeys()) {
      expect(found(key)).toEqual([key]);
      for (const text of [
        `KEY=${key}`,
        `"${key}"`,
        `\\n${key}\\n`,
        `x%3D${key}%26`,
        `https://a.b/?k=${key}&c=d`,
        `(${key})`,
      ]) {
        expect([text, found(text)]).toEqual([text, [key]]);
      }
    }
  });

  it('find no text that is nearly a key', () => {
    for (const key of realKeys()) {
      const body = key.slice(-49);
      const prefix = key.slice(0, -49);
      const nearly = [
        key.slice(0, -1),
        `${key}0`,
        `${prefix}${body.slice(0, 20)}-${body.slice(21)}`,
        `${prefix}${body.slice(0, 20)} ${body.slice(21)}`,
        `${prefix}${body.slice(0, 48)}.`,
        `${prefix.toUpperCase()}${body}`,
        `${prefix.slice(0, -1)}${body}`,
        `${prefix}${body.slice(0, 30)}\n${body.slice(30)}`,
        body,
        prefix,
      ];
      for (const text of nearly) expect([text, found(text)]).toEqual([text, []]);
    }
  });

  it('take a slug of 40 characters, and none that is longer, empty or in capitals', () => {
    const key = mintKey('slug_acme_');
    for (const slug of ['', 'x'.repeat(41), 'Acme', 'a_b', 'ä']) {
      expect(found(`slug_${slug}_${key.slice(-49)}`)).toEqual([]);
    }
  });

  it('are one for each prefix, with a name for each, though two APIs share a profile', () => {
    const [first] = apis as [(typeof apis)[number]];
    const twice = [first, { ...first, name: 'again' }];
    expect(renderLeakRules(twice, 'regex')).toBe(renderLeakRules([first], 'regex'));
    expect(new Set(rules().map(([name]) => name)).size).toBe(rules().length);
  });

  it('use nothing that RE2 has not: no looking around, no reference back', () => {
    for (const [, expression] of rules())
      expect(expression).toMatch(/^[a-z0-9_-]+(\[a-z0-9-\]\{1,40\}[_-])?[a-z0-9_-]*\[0-9A-Za-z\]\{49\}\\b$/);
  });

  it('are the same expressions for gitleaks, with the text that it looks for first', () => {
    const text = renderLeakRules(apis, 'gitleaks');
    const parsed = [
      ...text.matchAll(
        /^\[\[rules\]\]\nid = "([^"]+)"\ndescription = "[^"]+"\nregex = '''([^']+)'''\nkeywords = \["([^"]+)"\]\n$/gm,
      ),
    ];
    expect(parsed.map(([, name, expression]) => [name, expression])).toEqual(rules());
    for (const [, , expression = '', keyword = ''] of parsed) expect(expression.startsWith(keyword)).toBe(true);
    expect(text.replace(/^\[\[rules\]\]\n(.+\n){4}\n/gm, '')).toBe('');
  });

  it('are the same expressions for TruffleHog', () => {
    const { detectors } = parse(renderLeakRules(apis, 'trufflehog'));
    expect(detectors.map(({ name, regex }: { name: string; regex: { key: string } }) => [name, regex.key])).toEqual(
      rules(),
    );
    for (const { keywords, regex } of detectors) expect(regex.key.startsWith(keywords[0])).toBe(true);
  });

  it('hold no rule where nothing is published', () => {
    expect(parse(renderLeakRules([], 'trufflehog'))).toEqual({ detectors: null });
    for (const format of ['regex', 'gitleaks'] as const) expect(renderLeakRules([], format)).toBe('');
  });
});
