import type { WindowState } from '@gatehouse/limit-domain/limit';
import { describe, expect, it } from '@jest/globals';
import { rateLimitFields, structuredString } from './rate-limit-fields.js';

const NOW_MS = 1_700_000_000_250;
const window = (subject: string, windowSeconds: number, remaining: number, untilSeconds: number): WindowState => ({
  subject,
  windowSeconds,
  quota: 100,
  remaining,
  resetAtSeconds: 1_700_000_000 + untilSeconds,
});

describe('RateLimit-Policy and RateLimit', () => {
  it('list every window with its quota, what is left, and the seconds until there is more, rounded up', () => {
    const windows = [window('key:k', 1, 7, 1), window('org:o:api', 60, 90, 30), window('key:k', 7, 3, 0)];
    expect(rateLimitFields(windows, null, NOW_MS)).toEqual({
      policies: '"key-second";q=100;w=1, "organization-minute";q=100;w=60, "key-7s";q=100;w=7',
      serviceLimits: '"key-second";r=7;t=1, "organization-minute";r=90;t=30, "key-7s";r=3;t=0',
    });
  });

  it('name in a refusal what is used up, none of it later than Retry-After', () => {
    const windows = [window('key:k', 1, 0, 1), window('key:k', 60, 0, 31), window('key:k', 86_400, 90, 40_000)];
    expect(rateLimitFields(windows, 30, NOW_MS)).toEqual({
      policies: '"key-second";q=100;w=1, "key-minute";q=100;w=60, "key-day";q=100;w=86400',
      serviceLimits: '"key-second";r=0;t=1, "key-minute";r=0;t=30',
    });
  });

  it('tell two limits of one window apart', () => {
    const { policies } = rateLimitFields([window('key:k', 60, 5, 1), window('key:k', 60, 5, 1)], null, NOW_MS);
    expect(policies).toBe('"key-minute";q=100;w=60, "key-minute-2";q=100;w=60');
  });

  it('are strings as RFC 9651 writes them, and nothing else', () => {
    expect(structuredString('a "b" \\')).toBe('"a \\"b\\" \\\\"');
    expect(() => structuredString('a\r\nb')).toThrow(RangeError);
    expect(() => structuredString('ü')).toThrow(RangeError);
  });
});
