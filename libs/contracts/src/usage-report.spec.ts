import { describe, expect, it } from '@jest/globals';
import { decodeUsageAnswer, encodeUsageAnswer, usageReportSchema } from './usage-report.js';

const report = { reportId: '0123456789abcdef0123456789abcdef', keys: [] };

describe('a usage report', () => {
  it.each([
    ['no id', { keys: [] }],
    ['an id that is none', { ...report, reportId: 'x' }],
    ['a field that nobody knows', { ...report, secret: 'x' }],
    ['a key without a name', { ...report, keys: [{}] }],
  ])('is refused with %s', (_case, malformed) => {
    expect(usageReportSchema.safeParse(malformed).success).toBe(false);
  });
});

describe('the answer to a usage report', () => {
  it('comes back as it was written, and is no acknowledgement where it is something else', () => {
    expect(decodeUsageAnswer(encodeUsageAnswer('counted'))).toBe('counted');
    for (const payload of [encodeUsageAnswer('unavailable'), Uint8Array.of(), Uint8Array.of(9)]) {
      expect(decodeUsageAnswer(payload)).toBe('unavailable');
    }
  });
});
