import { describe, expect, it } from '@jest/globals';
import { argon2Hasher } from './argon2.client.js';
import { needsRehash } from './hash-format.js';

const hasher = argon2Hasher(Buffer.alloc(32, 1));

describe('argon2Hasher', () => {
  it('hashes with the parameters that OWASP asks for [P-07]', async () => {
    const stored = await hasher.hash('a password of some length');
    const [, memory, passes, lanes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(stored.hash) ?? [];
    expect(Number(memory)).toBeGreaterThanOrEqual(19_456);
    expect(Number(passes)).toBeGreaterThanOrEqual(2);
    expect(Number(lanes)).toBe(1);
    expect(needsRehash(stored)).toBe(false);
  });

  it('salts: one password, many hashes; and tells passwords apart in their last character [P-02, P-08]', async () => {
    const long = 'q'.repeat(200);
    const [one, other] = await Promise.all([hasher.hash(`${long}a`), hasher.hash(`${long}a`)]);
    expect(one.hash).not.toBe(other.hash);
    expect(await hasher.verify(`${long}a`, one)).toBe(true);
    expect(await hasher.verify(`${long}b`, one)).toBe(false);
    expect(await hasher.verify(`${long}a\u0000`, one)).toBe(false);
  });

  it('needs the pepper: the table alone allows no guess [P-08]', async () => {
    const stored = await hasher.hash('a password of some length');
    expect(await argon2Hasher(Buffer.alloc(32, 2)).verify('a password of some length', stored)).toBe(false);
  });

  it('takes a hash of an unknown format for a fault, never for a match', async () => {
    await expect(hasher.verify('x', { format: 'plain', hash: 'x' })).rejects.toThrow('unknown format');
    expect(needsRehash({ format: 'plain', hash: 'x' })).toBe(true);
  });
});
