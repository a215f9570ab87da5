import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hashBackupCode, newBackupCodes } from './backup-codes.js';

describe('backup codes', () => {
  it('are ten, of 24 characters in groups, and none is like another [M-05]', () => {
    const sets = Array.from({ length: 100 }, newBackupCodes);
    for (const set of sets) expect(set).toHaveLength(10);
    const codes = sets.flat();
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}(-[0-9A-HJKMNP-TV-Z]{6}){3}$/);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('use every character about as often as any other', () => {
    const counts = new Map<string, number>();
    for (const character of Array.from({ length: 200 }, newBackupCodes).flat().join('').replaceAll('-', '')) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    // 48,000 characters, 1,500 of each: seven standard deviations are 267.
    expect(counts.size).toBe(32);
    for (const count of counts.values()) expect(Math.abs(count - 1_500)).toBeLessThan(267);
  });

  it('have a hash that depends on key, account and code, and not on the hyphens', () => {
    const [key, code] = [randomBytes(32), newBackupCodes()[0] ?? ''];
    const hash = hashBackupCode(key, 'acc_a', code);
    expect(hash).toHaveLength(32);
    expect(hashBackupCode(key, 'acc_a', code.replaceAll('-', ''))).toEqual(hash);
    expect(hashBackupCode(key, 'acc_b', code)).not.toEqual(hash);
    expect(hashBackupCode(randomBytes(32), 'acc_a', code)).not.toEqual(hash);
  });
});
