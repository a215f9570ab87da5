import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { afterAll, describe, expect, it } from '@jest/globals';
import { gatehouse } from '../cli-under-test.conformance.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'));
afterAll(() => rmSync(folder, { recursive: true }));
const config = join(folder, 'gatehouse.yaml');
writeFileSync(
  config,
  `apis:
  - name: invoices
    profile: exante
    upstream: http://127.0.0.1:9
    importedKeys: [{ prefix: "old_", length: 24, digest: sha256 }]
`,
);
const NOT_KEYS = (key: string) => [
  '',
  'ex_live_',
  key.slice(0, -1),
  `${key}a`,
  `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`,
  key.replace('ex_live_', 'ex_other_'),
  ` ${key}`,
  `old_${'a'.repeat(19)}`,
  `old_${'ü'.repeat(20)}`,
  '../../etc/passwd',
];

const check = async (key: string, ...args: string[]) => {
  const { exitCode, out, err } = await gatehouse(['keys', 'check', '--json', ...args, '--', key]);
  if (key.length > 8) expect(out + err).not.toContain(key);
  return { exitCode, ...JSON.parse(out) };
};

describe('gatehouse keys check', () => {
  it('says of which API and environment a key is, by the configuration', async () => {
    expect(await check(mintKey('ex_test_'), '--config', config)).toEqual({
      exitCode: 0,
      valid: true,
      matches: [{ api: 'invoices', profile: 'exante', environment: 'test', prefix: 'ex_test_', checked: true }],
    });
    expect(await check(`old_${'a'.repeat(20)}`, '--config', config)).toMatchObject({
      exitCode: 0,
      matches: [{ api: 'invoices', environment: null, prefix: 'old_', checked: false }],
    });
  });

  it('says no to everything else', async () => {
    const key = mintKey('ex_live_');
    for (const text of NOT_KEYS(key)) {
      expect(await check(text, '--config', config)).toEqual({ exitCode: 1, valid: false, matches: [] });
    }
    for (const text of NOT_KEYS(key).filter((one) => !one.startsWith('ex_other'))) {
      expect(await check(text, '--prefix', 'ex_live_')).toMatchObject({ exitCode: 1, valid: false });
    }
  });

  it('needs no configuration: by prefix, by one with a slug, or by the check digits alone', async () => {
    expect(await check(mintKey('ex_live_'), '--prefix', 'sk_', '--prefix', 'ex_live_')).toMatchObject({ exitCode: 0 });
    expect(await check(mintKey('ex_live_'), '--prefix', 'sk_')).toMatchObject({ exitCode: 1 });
    expect(await check(mintKey('x_shop-1_'), '--prefix', 'x_{project_slug}_')).toMatchObject({
      exitCode: 0,
      matches: [{ api: null, prefix: 'x_shop-1_', checked: true }],
    });
  });

  it('reads the key from standard input, without its line end', async () => {
    const args = ['keys', 'check', '-', '--config', config];
    for (const end of ['', '\n', '\r\n']) {
      const { exitCode, out } = await gatehouse(args, { stdin: `${mintKey('ex_live_')}${end}` });
      expect(exitCode).toBe(0);
      expect(out).toBe('a key in valid form: API invoices, profile exante, environment live\n');
    }
    expect(await gatehouse(args, { stdin: 'x'.repeat(100_000) })).toMatchObject({
      exitCode: 1,
      out: `not a key of any API in ${config}\n`,
    });
  });

  it.each([
    ['no key', ['--json']],
    ['two keys', ['sk_one_secret', 'sk_two_secret']],
    ['prefix and configuration', ['sk_secret', '--prefix', 'a_', '--config', config]],
    ['a configuration that is not there', ['sk_secret', '--config', join(folder, 'none.yaml')]],
  ])('refuses a call with %s, and repeats no key', async (_title, args) => {
    const { exitCode, err } = await gatehouse(['keys', 'check', ...args]);
    expect(exitCode).toBe(2);
    expect(err).not.toContain('secret');
  });
});
