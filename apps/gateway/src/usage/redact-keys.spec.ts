import type { Api } from '@gatehouse/catalog/api';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import { keyRedactor } from './redact-keys.js';

const redactorOf = (prefixes: readonly string[], importedKeys: Api['importedKeys'] = []) =>
  keyRedactor([{ profile: { key: { prefixes: { ...prefixes } } } as unknown as Api['profile'], importedKeys }]);
const redact = redactorOf(['sk_', 'ex_live_', 'ex_test_', 'xero_{project_slug}_']);

describe('the redaction of keys', () => {
  it.each(['sk_', 'ex_live_', 'ex_test_', 'xero_my-project_'])(
    'takes every key with the prefix %s out of a text, wherever it is',
    (prefix) => {
      const key = mintKey(prefix);
      for (const [before, after] of [
        ['', ''],
        ['/v1/keys/', '/use'],
        ['curl/8 (', ')'],
        ['x', '-1'],
        [`/${mintKey('sk_')}/`, ''],
      ] as const) {
        const text = redact(`${before}${key}${after}`);
        expect(text).toContain(`${prefix}[redacted]${after}`);
        expect(text).not.toContain(key.slice(prefix.length, prefix.length + 8));
      }
    },
  );

  it('takes out a key that lacks its last characters, as long as it tells most of the secret', () => {
    const key = mintKey('ex_live_');
    for (let length = 8 + 32; length < key.length; length++) {
      expect(redact(`/a/${key.slice(0, length)}`)).toBe('/a/ex_live_[redacted]');
    }
  });

  it('takes out keys of a former system, whatever characters they are made of', () => {
    const digest = { digest: 'sha256', pepper: null } as const;
    const former = redactorOf(['sk_'], [{ prefix: 'old.', length: 24, ...digest }]);
    expect(former('/a/old.!"#$%&()*+abcdefghij/b')).toBe('/a/old.[redacted]/b');
    expect(former('/a/oldx!"#$%&()*+abcdefghij/b')).toBe('/a/oldx!"#$%&()*+abcdefghij/b');
    const plain = redactorOf([], [{ prefix: '', length: 20, ...digest }]);
    expect(plain('/a/0123456789abcdefghij/0123456789abcdefghi')).toBe('/a/[redacted]/0123456789abcdefghi');
  });

  it('keeps what is no key', () => {
    for (const text of ['/v1/invoices/inv_0123456789abcdefghijklmnopqrstuvwxyz', '/task_1234', 'ex_live_', '']) {
      expect(redact(text)).toBe(text);
    }
    expect(keyRedactor([])('/anything')).toBe('/anything');
  });

  it('takes no time that grows faster than the text', () => {
    for (const part of ['sk_ex_live_sk_', 'xero_aaaaaaaaaa', 'xero_']) {
      const text = part.repeat(30_000);
      const startedMs = performance.now();
      expect(redact(text)).toBe(text);
      expect(performance.now() - startedMs).toBeLessThan(1_000);
    }
  });
});
