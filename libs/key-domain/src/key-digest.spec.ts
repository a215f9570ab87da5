import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { digestKey, sealDigest } from './key-digest.js';

describe('digests of a key', () => {
  it('is SHA-256 of the secret', () => {
    expect(digestKey('ex_live_abc')).toEqual(createHash('sha256').update('ex_live_abc').digest());
    expect(digestKey('ex_live_abc')).toHaveLength(32);
  });

  it('is stored under the pepper only', () => {
    const pepper = Buffer.alloc(32, 7);
    const digest = digestKey('ex_live_abc');
    expect(sealDigest(pepper, digest)).toEqual(createHmac('sha256', pepper).update(digest).digest());
    expect(sealDigest(Buffer.alloc(32, 8), digest)).not.toEqual(sealDigest(pepper, digest));
  });
});
