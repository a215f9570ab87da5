import { createHmac, hash } from 'node:crypto';
import type { Api } from '@gatehouse/catalog/api';
import { readPrefixes } from '@gatehouse/key-domain/key-prefix';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import { importedForms } from '../routes/imported-forms.js';
import { digestOf } from './digest-of.js';

const PEPPER = Buffer.from('the pepper of the former system');
const importedKeys: Api['importedKeys'] = [
  { prefix: 'old_', length: 24, digest: 'sha256', pepper: null },
  { prefix: 'older-', length: 30, digest: 'hmac-sha256', pepper: 'former' },
];
const api = { name: 'example', importedKeys } as Api;
const published = {
  keyPrefixes: readPrefixes({ live: 'ex_live_' }),
  importedForms: importedForms(api, new Map([['former', PEPPER]])),
};
const digest = (secret: string) => digestOf(secret, published)?.toString('hex');

describe('digestOf', () => {
  it('is SHA-256 for keys of our own', () => {
    const key = mintKey('ex_live_');
    expect(digest(key)).toBe(hash('sha256', key, 'hex'));
  });

  it('is what the former system kept, for the keys that it issued', () => {
    const [plain, peppered] = [`old_${'a'.repeat(20)}`, `older-${'~'.repeat(24)}`];
    expect(digest(plain)).toBe(hash('sha256', plain, 'hex'));
    expect(digest(peppered)).toBe(createHmac('sha256', PEPPER).update(peppered).digest('hex'));
  });

  it('is none where prefix, length or characters are others: such a key costs no lookup', () => {
    const wrong = [
      '',
      'old_',
      `old_${'a'.repeat(19)}`,
      `old_${'a'.repeat(21)}`,
      `Old_${'a'.repeat(20)}`,
      `new_${'a'.repeat(20)}`,
      `old_${'a'.repeat(19)},`,
      `old_${'a'.repeat(19)} `,
      `old_${'a'.repeat(19)}\u007f`,
      `old_${'a'.repeat(19)}é`,
      `old_${'a'.repeat(19)}\n`,
      `older-${'a'.repeat(23)}`,
      `${mintKey('ex_live_').slice(0, -1)}_`,
    ];
    for (const secret of wrong) expect(digest(secret)).toBeUndefined();
  });
});

describe('importedForms', () => {
  it('refuses a form whose pepper is not there, and says which', () => {
    expect(() => importedForms(api, new Map([['other', PEPPER]]))).toThrow(
      'IMPORT_PEPPERS: has no former, which importedKeys of the API example names',
    );
  });
});
