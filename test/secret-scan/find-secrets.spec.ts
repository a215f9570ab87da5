import { createHash, randomBytes } from 'node:crypto';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import type { Canary } from './canary.js';
import { findSecrets } from './find-secrets.js';

const canary: Canary = { kind: 'key', value: mintKey('ex_live_') };
const { value } = canary;
const others: Canary[] = Array.from({ length: 20 }, () => ({
  kind: 'password',
  value: randomBytes(24).toString('hex'),
}));
const sha256 = createHash('sha256').update(value).digest();

const find = (bytes: string | Buffer) =>
  findSecrets([...others, canary], [{ name: 'here', bytes: Buffer.from(bytes as string) }]);

/** Something that nobody has seen, before and behind. */
const amid = (inner: string | Buffer) =>
  Buffer.concat([randomBytes(1_001), Buffer.from(inner as string), randomBytes(999)]);

describe('the search for secrets', () => {
  it.each<[string, string | Buffer]>([
    ['as it is', value],
    ['as it is', `{"authorization":"Bearer ${value}"}`],
    ['as it is', value.toUpperCase()],
    ['a part of it', `${value.slice(0, 30)}…`],
    ['a part of it', `…${value.slice(-30)}`],
    ['base64', Buffer.from(value).toString('base64')],
    ['base64', `Basic ${Buffer.from(`a:${value}`).toString('base64')}`],
    ['base64', Buffer.from(`ab:${value}:c`).toString('base64url')],
    ['base64', Buffer.from(`abc:${value}`).toString('base64')],
    ['hexadecimal', Buffer.from(`x${value}`).toString('hex')],
    ['hexadecimal', Buffer.from(value).toString('hex').toUpperCase()],
    ['a list of bytes', JSON.stringify(Buffer.from(`GET ${value}`))],
    ['SHA-256', sha256],
    ['SHA-256 in base64', sha256.toString('base64')],
    ['SHA-256 in base64', sha256.toString('base64url')],
    ['SHA-256 in hexadecimal', `\\x${sha256.toString('hex')}`],
    ['SHA-256 as a list of bytes', JSON.stringify({ digest: sha256 })],
  ])('finds one %s, wherever it begins', (form, writing) => {
    for (const bytes of [Buffer.from(writing as string), amid(writing)]) {
      expect(find(bytes)).toContain(`key, ${form}: here`);
    }
  });

  it('finds nothing in what has none, and not what is shown of a key', () => {
    expect(find('')).toEqual([]);
    expect(find('ex_')).toEqual([]);
    expect(find(randomBytes(5_000_000))).toEqual([]);
    expect(find(`ex_live_...${value.slice(-4)} ${mintKey('ex_live_')}`)).toEqual([]);
  });

  it('leaves out what a place allows, and nothing else', () => {
    const places = [
      { name: 'bus', bytes: amid(sha256), allows: (_canary: Canary, form: { isDigest: boolean }) => form.isDigest },
    ];
    expect(findSecrets([canary], places)).toEqual([]);
    expect(
      findSecrets(
        [canary],
        places.map((place) => ({ ...place, bytes: amid(value) })),
      ),
    ).toEqual(expect.arrayContaining(['key, as it is: bus']));
  });
});
