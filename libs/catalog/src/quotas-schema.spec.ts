import { describe, expect, it } from '@jest/globals';
import { limitsOf, quotas } from './quotas-schema.js';
import { schemaProblems } from './schema-problems.js';

const limitsFrom = (given: object) => limitsOf(quotas.parse(given));
const problemsOf = (given: object) => {
  const parsed = quotas.safeParse(given);
  return parsed.success
    ? []
    : schemaProblems(parsed.error, given).map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('the quotas of a plan', () => {
  it('are fixed windows where only a number is given, shortest first', () => {
    expect(limitsFrom({ day: 100, second: { quota: 5 } })).toEqual([
      { windowSeconds: 1, quota: 5 },
      { windowSeconds: 86_400, quota: 100 },
    ]);
  });

  it('name an algorithm, the burst of a bucket, a limit in shadow, several for one window', () => {
    expect(
      limitsFrom({
        second: { quota: 10, algorithm: 'token-bucket', burst: 30 },
        minute: [60, { quota: 30, algorithm: 'sliding-window', shadow: true }],
      }),
    ).toEqual([
      { windowSeconds: 1, quota: 10, algorithm: 'token-bucket', burst: 30 },
      { windowSeconds: 60, quota: 60 },
      { windowSeconds: 60, quota: 30, algorithm: 'sliding-window', shadow: true },
    ]);
  });

  it.each([
    [{ minute: 0 }, 'minute: must be 1 or more'],
    [{ minute: 'x' }, 'minute: must be a whole number from 1 to 4000000000, a mapping with quota, or a list of these'],
    [{ minute: { quota: 0 } }, 'minute.quota: must be 1 or more'],
    [
      { minute: { quota: 5, algorithm: 'leaky' } },
      'minute.algorithm: must be fixed-window, sliding-window or token-bucket',
    ],
    [{ minute: { quota: 5, burst: 9 } }, 'minute.burst: only a token-bucket has one'],
    [{ minute: { quota: 5, bursts: 9 } }, 'minute.bursts: is not known here'],
    [{ day: { quota: 60_000_000, algorithm: 'token-bucket' } }, 'day: must be 52124995 at most in a token-bucket'],
    [{ minute: [] }, 'minute: must name at least one'],
  ])('are refused where they cannot be meant: %j', (given, problem) => {
    expect(problemsOf(given)).toEqual([problem]);
  });
});
