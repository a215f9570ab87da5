import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { judgeTotp, newTotpSecret, secretText, totpUri } from './totp.js';

/** RFC 6238, appendix B: the last six of the eight digits are what six digits are cut from the same number. */
const RFC_SECRET = Buffer.from('12345678901234567890');
const RFC_CODES = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const;

const NOW_MS = 1_700_000_010_000;
const STEP = NOW_MS / 30_000;

/** What an independent program shows at a moment. */
function oathtool(secret: Buffer, atMs: number): string {
  const at = new Date(atMs).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
  return execFileSync('oathtool', ['--totp', '-b', secretText(secret), '-N', at], { encoding: 'utf8' }).trim();
}

describe('a TOTP code', () => {
  it.each(RFC_CODES)('of RFC 6238 at %d seconds is right', (seconds, code) => {
    expect(judgeTotp(RFC_SECRET, code.slice(2), 0, seconds * 1_000)).toEqual({
      kind: 'right',
      step: Math.floor(seconds / 30),
    });
  });

  it('of an independent program is right [T13]', () => {
    for (let count = 0; count < 20; count += 1) {
      const secret = newTotpSecret();
      const atMs = NOW_MS + count * 98_765_432;
      const { kind } = judgeTotp(secret, oathtool(secret, atMs), 0, atMs);
      expect(kind).toBe('right');
    }
  });

  it('is right in its own step and in the next one, and at no other time [M-02, H-050]', () => {
    const secret = newTotpSecret();
    const kindAt = (offsetSteps: number) =>
      judgeTotp(secret, oathtool(secret, NOW_MS + offsetSteps * 30_000), 0, NOW_MS).kind;
    expect([-3, -2, -1, 0, 1, 2].map(kindAt)).toEqual(['wrong', 'wrong', 'right', 'right', 'wrong', 'wrong']);
    const code = oathtool(secret, NOW_MS);
    for (const [offsetMs, kind] of [
      [-1, 'wrong'],
      [0, 'right'],
      [59_999, 'right'],
      [60_000, 'wrong'],
    ] as const) {
      expect([offsetMs, judgeTotp(secret, code, 0, NOW_MS + offsetMs).kind]).toEqual([offsetMs, kind]);
    }
  });

  it('is right once: its step, and every earlier one, is used up [M-01, H-047]', () => {
    const secret = newTotpSecret();
    const [before, code] = [oathtool(secret, NOW_MS - 30_000), oathtool(secret, NOW_MS)];
    expect(judgeTotp(secret, before, STEP - 2, NOW_MS)).toEqual({ kind: 'right', step: STEP - 1 });
    expect(judgeTotp(secret, before, STEP - 1, NOW_MS)).toEqual({ kind: 'used' });
    expect(judgeTotp(secret, code, STEP - 1, NOW_MS)).toEqual({ kind: 'right', step: STEP });
    expect(judgeTotp(secret, code, STEP, NOW_MS)).toEqual({ kind: 'used' });
    expect(judgeTotp(secret, before, STEP, NOW_MS)).toEqual({ kind: 'used' });
  });

  it('of another secret, or no code at all, is wrong', () => {
    const secret = newTotpSecret();
    const code = oathtool(secret, NOW_MS);
    expect(judgeTotp(newTotpSecret(), code, 0, NOW_MS).kind).toBe('wrong');
    for (const other of ['', '0', `${code}0`, code.slice(1)]) {
      expect(judgeTotp(secret, other, 0, NOW_MS).kind).toBe('wrong');
    }
  });
});

describe('a TOTP secret', () => {
  it('has 160 random bits [M-03]', () => {
    const secrets = Array.from({ length: 1_000 }, newTotpSecret);
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1_000);
    let ones = 0;
    for (const secret of secrets) {
      expect(secret).toHaveLength(20);
      for (const byte of secret) ones += byte.toString(2).replaceAll('0', '').length;
    }
    // 160,000 bits: seven standard deviations are 1,400.
    expect(Math.abs(ones - 80_000)).toBeLessThan(1_400);
  });

  it('is told to an authenticator by its address, and can be typed as well', () => {
    const secret = newTotpSecret();
    expect(secretText(secret)).toMatch(/^[A-Z2-7]{32}$/);
    const uri = new URL(totpUri(secret, 'Gatehouse', 'ada+x@example.test'));
    expect(uri.protocol).toBe('otpauth:');
    expect(decodeURIComponent(uri.pathname)).toBe('/Gatehouse:ada+x@example.test');
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      issuer: 'Gatehouse',
      secret: secretText(secret),
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });
});
