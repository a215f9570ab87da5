import { describe, expect, it } from '@jest/globals';
import { readCredential } from './read-credential.js';

const PLACES = [
  { header: 'authorization', scheme: 'bearer', carries: 'either' },
  { header: 'x-api-key', scheme: undefined, carries: 'key' },
] as const;
const read = (...raw: string[]) => {
  const credential = readCredential(raw, PLACES);
  return credential.kind === 'present' ? `secret ${credential.secret}` : credential.code;
};

describe('readCredential', () => {
  it.each([
    [['Authorization', 'Bearer abc'], 'secret abc'],
    [['AUTHORIZATION', 'bEaReR   abc'], 'secret abc'],
    [['X-Api-Key', 'abc'], 'secret abc'],
    [['Authorization', 'Bearer abc', 'x-api-key', 'abc'], 'secret abc'],
    [['Authorization', 'Bearer abc', 'x-api-key', 'abd'], 'credentials_disagree'],
    [['Authorization', 'Bearer abc', 'authorization', 'Bearer abc'], 'credential_repeated'],
    [['Authorization', 'Basic x', 'authorization', 'Bearer abc'], 'credential_repeated'],
    [['x-api-key', 'abc', 'X-API-KEY', 'abc'], 'credential_repeated'],
    [[], 'credential_missing'],
    [['Content-Type', 'a/b'], 'credential_missing'],
    [['X_Api_Key', 'abc'], 'credential_missing'],
    [['Authorization', ''], 'credential_malformed'],
    [['Authorization', 'abc'], 'credential_malformed'],
    [['Authorization', 'Bearer'], 'credential_malformed'],
    [['Authorization', 'Bearer '], 'credential_malformed'],
    [['Authorization', 'Bearer\tabc'], 'credential_malformed'],
    [['Authorization', 'Bearerabc'], 'credential_malformed'],
    [['Authorization', 'Basic abc'], 'credential_malformed'],
    [['Authorization', 'Bearer abc def'], 'credential_malformed'],
    [['Authorization', 'Bearer abc, Bearer def'], 'credential_malformed'],
    [['Authorization', 'Bearer ab\u00e9'], 'credential_malformed'],
    [['X-Api-Key', ''], 'credential_malformed'],
    [['Authorization', 'Basic abc', 'X-Api-Key', 'abc'], 'credential_malformed'],
  ])('%j: %s', (raw, expected) => {
    expect(read(...raw)).toBe(expected);
  });
});
