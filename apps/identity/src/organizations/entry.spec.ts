import { describe, expect, it } from '@jest/globals';
import { missingProofs } from './entry.js';

const rules = (requiresSecondFactor: boolean, requiresSso: boolean) => ({ requiresSecondFactor, requiresSso });

describe('an organization lets a session in', () => {
  it('with any first factor, where it asks for nothing', () => {
    for (const proof of ['password', 'github', 'sso', 'passkey'] as const) {
      expect(missingProofs(rules(false, false), [proof])).toEqual([]);
    }
  });

  it('with a second factor, where it asks for one; a recovery is none, and neither is SSO [H-074]', () => {
    for (const proof of ['totp', 'backup_code', 'passkey'] as const) {
      expect(missingProofs(rules(true, false), ['password', proof])).toEqual([]);
    }
    for (const proof of ['password', 'github', 'sso', 'recovery'] as const) {
      expect(missingProofs(rules(true, false), [proof])).toEqual(['second_factor']);
    }
  });

  it('through SSO, where it asks for that, and by nothing else [H-074]', () => {
    expect(missingProofs(rules(false, true), ['sso'])).toEqual([]);
    expect(missingProofs(rules(false, true), ['password', 'totp'])).toEqual(['sso']);
    expect(missingProofs(rules(true, true), ['github'])).toEqual(['second_factor', 'sso']);
    expect(missingProofs(rules(true, true), ['sso', 'totp'])).toEqual([]);
  });
});
