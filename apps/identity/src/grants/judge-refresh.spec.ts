import { describe, expect, it } from '@jest/globals';
import { judgeRefresh, type RefreshFacts } from './judge-refresh.js';

const NOW = 1_000_000;
const facts = (changes: Partial<RefreshFacts> = {}): RefreshFacts => ({
  clientId: 'one',
  usedAtMs: null,
  expiresAtMs: NOW + 1,
  sessionStands: true,
  accountDisabled: false,
  ...changes,
});

describe('judgeRefresh', () => {
  it.each<[string, RefreshFacts | undefined, string]>([
    ['unknown', undefined, 'refused unknown'],
    ['good', facts(), 'rotate'],
    ['over at its very millisecond', facts({ expiresAtMs: NOW }), 'refused expired'],
    ['spent', facts({ usedAtMs: NOW - 1 }), 'reused'],
    ['spent and over', facts({ usedAtMs: NOW - 1, expiresAtMs: NOW }), 'reused'],
    ['of an ended family', facts({ sessionStands: false }), 'refused ended'],
    ['spent, of an ended family', facts({ sessionStands: false, usedAtMs: 1 }), 'refused ended'],
    ['of another client', facts({ clientId: 'two' }), 'refused other_client'],
    ['spent, of another client', facts({ clientId: 'two', usedAtMs: 1 }), 'refused other_client'],
    ['of a disabled account', facts({ accountDisabled: true }), 'refused account_disabled'],
  ])('one that is %s', (_, given, expected) => {
    const verdict = judgeRefresh(given, 'one', NOW);
    expect(verdict.kind === 'refused' ? `refused ${verdict.reason}` : verdict.kind).toBe(expected);
  });
});
