import type { WindowState } from '@gatehouse/limit-domain/limit';
import { describe, expect, it } from '@jest/globals';
import { profileSchema } from './profile-schema.js';
import { renderLimitHeaders } from './render-limit-headers.js';

const plain = {
  name: 'acme',
  key: { prefixes: { live: 'ac_' } },
  credentials: [{ header: 'X-API-Key' }],
  scopes: {},
  plans: { free: {} },
  defaultPlan: 'free',
  errors: { body: '{message}' },
  headers: {
    limits: { 'X-RateLimit-Limit': '{limit}', 'X-Left': '{remaining} of {limit}', 'X-RateLimit-Reset': '{reset}' },
  },
};
const profile = profileSchema.parse(plain);

const window = (quota: number, remaining: number, resetAtSeconds: number, windowSeconds = 60): WindowState => ({
  subject: 'key:a',
  windowSeconds,
  quota,
  remaining,
  resetAtSeconds,
});

describe('renderLimitHeaders', () => {
  it('lets the window with the least left speak', () => {
    expect(
      renderLimitHeaders(profile, [window(1000, 900, 2000), window(30, 4, 1060), window(50, 9, 1001)], null, 0),
    ).toEqual([
      ['X-RateLimit-Limit', '30'],
      ['X-Left', '4 of 30'],
      ['X-RateLimit-Reset', '1060'],
    ]);
  });

  it('lets the one that ends last speak where equally little is left, since the caller waits for that one', () => {
    for (const windows of [
      [window(10, 0, 1001), window(60, 0, 1060)],
      [window(60, 0, 1060), window(10, 0, 1001)],
    ]) {
      expect(renderLimitHeaders(profile, windows, 1, 0)[2]).toEqual(['X-RateLimit-Reset', '1060']);
    }
  });

  it('says nothing where no limit was asked', () => {
    expect(renderLimitHeaders(profile, [], null, 0)).toEqual([]);
  });

  it('[A10] lets the window speak that the profile names, but the tightest where a limit refused', () => {
    const named = profileSchema.parse({ ...plain, headers: { ...plain.headers, limitsWindow: 'minute' } });
    const windows = [
      window(30, 0, 1001, 1),
      window(120, 118, 1060),
      window(200, 110, 1060),
      window(500, 2, 9000, 86_400),
    ];
    const limitOf = (from: readonly WindowState[], refused: boolean) =>
      renderLimitHeaders(named, from, refused ? 1 : null, 0)[0]?.[1];
    expect(limitOf(windows, false)).toBe('200');
    expect(limitOf(windows, true)).toBe('30');
    expect(limitOf(windows.slice(3), false)).toBe('500');
  });

  it('tells the size of a bucket, from which what is left is counted', () => {
    expect(renderLimitHeaders(profile, [{ ...window(10, 25, 1000), capacity: 30 }], null, 0)[1]).toEqual([
      'X-Left',
      '25 of 30',
    ]);
  });

  it('tells all windows where the profile has the fields of the IETF', () => {
    const limits = { RateLimit: '{service_limits}', 'RateLimit-Policy': '{policies}' };
    const both = profileSchema.parse({ ...plain, headers: { limits } });
    expect(renderLimitHeaders(both, [window(30, 4, 1060), window(500, 9, 9000, 86_400)], null, 1_000_000)).toEqual([
      ['RateLimit', '"key-minute";r=4;t=60, "key-day";r=9;t=8000'],
      ['RateLimit-Policy', '"key-minute";q=30;w=60, "key-day";q=500;w=86400'],
    ]);
  });
});
