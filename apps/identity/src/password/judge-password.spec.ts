import { describe, expect, it } from '@jest/globals';
import { COMMON_WORDS } from './common-words.js';
import { judgePassword } from './judge-password.js';

const CONTEXT = ['gatehouse', 'persephone', 'acme'];
const judge = (password: string, minLength = 12) => {
  const verdict = judgePassword(password, minLength, CONTEXT);
  return verdict.kind === 'accepted' ? 'accepted' : verdict.code;
};

describe('judgePassword', () => {
  it('counts characters, not bytes or code units, in the composed form [P-01]', () => {
    expect(judge('xkvqwmzrtyp')).toBe('password_too_short');
    expect(judge('xkvqwmzrtypb')).toBe('accepted');
    for (const form of ['NFC', 'NFD'] as const) {
      expect(judge('éàüöñçêîôûâ'.normalize(form))).toBe('password_too_short');
      expect(judge('éàüöñçêîôûâë'.normalize(form))).toBe('accepted');
    }
    expect(judge('🦊🐙🦉🐢🦋🐝🦂🐊🦏🐪🦔')).toBe('password_too_short');
    expect(judge('🦊🐙🦉🐢🦋🐝🦂🐊🦏🐪🦔🦥')).toBe('accepted');
    expect(judge('xkvqwmzrtypb', 13)).toBe('password_too_short');
  });

  it('accepts long ones up to 4,096 bytes, whole [P-02]', () => {
    const long = (length: number) => 'correct kite lantern '.repeat(200).slice(0, length);
    for (const length of [64, 128, 1_024, 4_096]) expect(judge(long(length))).toBe('accepted');
    expect(judge(long(4_097 + 0).padEnd(4_097, 'q'))).toBe('password_too_long');
    expect(judge('€'.repeat(2_000))).toBe('password_too_long');
    expect(judge('q'.repeat(5_000_000))).toBe('password_too_long');
  });

  it('asks for no composition [P-03]', () => {
    for (const password of ['all lower case words', 'kvzmtrqwpxnj', 'correct horse battery', '839201748562']) {
      expect(judge(password)).toBe('accepted');
    }
  });

  it('refuses each common word, padded to length in the usual ways [P-04]', () => {
    for (const word of COMMON_WORDS.trim().split(/\s+/)) {
      const padded = [
        `${word}123456789012`,
        word.padEnd(12, '!'),
        `${word}${word}${word}${word}`,
        `2026!${word}!2026!!!!`,
      ];
      for (const password of padded) expect([password, judge(password)]).toEqual([password, 'password_too_common']);
    }
  });

  it('refuses words joined, in capitals, with digits for letters', () => {
    for (const password of [
      'PasswordPassword',
      'P@ssw0rd1234',
      'Pa$$w0rd!!!!',
      'qwertyuiop123',
      'iloveyou2026',
      'Welcome-to-12',
      'dragonmonkey',
      'letmein_letmein',
      'L3tM31n!!!!!!',
    ]) {
      expect([password, judge(password)]).toEqual([password, 'password_too_common']);
    }
  });

  it('refuses repetitions and sequences', () => {
    for (const password of [
      'aaaaaaaaaaaa',
      'abababababab',
      'abcabcabcabca',
      '123412341234',
      '123456789012',
      'abcdefghijkl',
      'zyxwvutsrqpo',
      'qwertyuiopas',
      '🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊',
    ]) {
      expect([password, judge(password)]).toEqual([password, 'password_too_common']);
    }
  });

  it('refuses the product, the address and the name of the person, padded', () => {
    for (const password of [
      'gatehouse123',
      'Gatehouse!!!',
      'persephone12',
      'PERSEPHONE-2026',
      'acmeacmeacme',
      'acme-gatehouse',
      'G4t3h0us3!!!!',
    ]) {
      expect([password, judge(password)]).toEqual([password, 'password_too_common']);
    }
    expect(judge('the gatehouse stands in fog')).toBe('accepted');
  });
});
