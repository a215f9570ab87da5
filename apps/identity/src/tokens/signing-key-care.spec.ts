import { describe, expect, it } from '@jest/globals';
import { careForKeys, type SigningKeyState } from './signing-key-care.js';

const NOW = 1_800_000_000_000;
const DAY = 86_400;
const key = (state: SigningKeyState, secondsAgo: number) => ({
  kid: `${state}-${secondsAgo}`,
  state,
  stateSinceMs: NOW - secondsAgo * 1_000,
});

describe('careForKeys', () => {
  it('makes the next key ahead, and lets it take over after 90 days', () => {
    expect(careForKeys([key('current', 0)], NOW)).toEqual({ rotate: false, makeNext: true, remove: [] });
    const nothing = { rotate: false, makeNext: false, remove: [] };
    expect(careForKeys([key('current', 90 * DAY - 1), key('next', 90 * DAY)], NOW)).toEqual(nothing);
    expect(careForKeys([key('current', 90 * DAY), key('next', 90 * DAY)], NOW)).toMatchObject({
      rotate: true,
      makeNext: true,
    });
  });

  it('lets no key sign that was not published for ten minutes', () => {
    expect(careForKeys([key('current', 90 * DAY), key('next', 599)], NOW).rotate).toBe(false);
    expect(careForKeys([key('current', 90 * DAY), key('next', 600)], NOW).rotate).toBe(true);
  });

  it('removes a retired key when the last token that it signed has expired, and no sooner', () => {
    const keys = [key('current', 0), key('next', 0), key('retired', 3_899), key('retired', 3_900)];
    expect(careForKeys(keys, NOW).remove).toEqual(['retired-3900']);
  });
});
