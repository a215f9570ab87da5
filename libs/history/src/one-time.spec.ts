import { describe, expect, it } from '@jest/globals';
import { aHistory, anOperation, aRefusal } from './a-history.conformance.js';
import { changeEndsSessions } from './change-ends-sessions.js';
import { codesOnce } from './codes-once.js';
import type { Finding } from './history.js';
import { oneTimeOnce } from './one-time-once.js';
import { refreshOnce } from './refresh-once.js';
import { reuseEndsFamily } from './reuse-ends-family.js';

const found = ({ violations }: Finding) => violations.length;
const refused = { outcome: 'failed', status: 401 } as const;
const unknown = { outcome: 'unknown', status: null } as const;

describe('a refresh token works once [INV-05]', () => {
  const exchange = (object: string, child: string, atMs = 0) =>
    anOperation('exchange', atMs, atMs + 10, { object, result: { child } });

  it('holds where each is exchanged once, however many were refused or came to nothing', () => {
    const lost = anOperation('exchange', 0, 10, { object: 'rt-1', ...unknown });
    const history = [exchange('rt-1', 'rt-2'), lost, anOperation('exchange', 0, 10, { object: 'rt-1', ...refused })];
    expect(refreshOnce(aHistory([...history, exchange('rt-2', 'rt-3', 20)]))).toEqual({ checked: 4, violations: [] });
  });

  it('names two exchanges of one token, and two parents of one child', () => {
    const twice = [exchange('rt-1', 'rt-2'), exchange('rt-1', 'rt-3')];
    expect(refreshOnce(aHistory(twice)).violations).toEqual([{ message: 'exchanged 2 times', operations: twice }]);
    expect(found(refreshOnce(aHistory([exchange('rt-1', 'rt-3'), exchange('rt-2', 'rt-3')])))).toBe(1);
  });
});

describe('reuse ends the family [INV-06]', () => {
  const family = { arguments: { family: 'family-1' } };
  const reuse = anOperation('exchange', 100, 110, { object: 'rt-1', ...refused, ...family });

  it('holds where everything of the family is refused to who begins later', () => {
    const history = [anOperation('use', 105, 120, family), reuse, aRefusal(111, 112, 401, family)];
    expect(reuseEndsFamily(aHistory(history))).toEqual({ checked: 1, violations: [] });
  });

  it('names a use and an exchange of the family that began later and worked', () => {
    for (const kind of ['use', 'exchange'] as const) {
      const later = anOperation(kind, 111, 112, { object: 'rt-2', ...family });
      expect(reuseEndsFamily(aHistory([later, reuse])).violations).toEqual([
        { message: expect.any(String), operations: [reuse, later] },
      ]);
    }
  });

  it('takes 503 for what it is: nothing was decided', () => {
    const busy = { ...reuse, status: 503 };
    expect(found(reuseEndsFamily(aHistory([busy, anOperation('use', 111, 112, family)])))).toBe(0);
  });
});

describe('what works once works once [INV-07]', () => {
  const spend = (fromMs: number, more = {}) => anOperation('spend', fromMs, fromMs + 5, { object: 'link-1', ...more });

  it('holds for one success among many', () => {
    expect(oneTimeOnce(aHistory([spend(0, refused), spend(1), spend(2, unknown)]))).toEqual({
      checked: 3,
      violations: [],
    });
  });

  it('names two successes', () => {
    expect(found(oneTimeOnce(aHistory([spend(0), spend(100)])))).toBe(1);
  });

  it('names a value of a set that was replaced before', () => {
    const replace = anOperation('replace', 10, 20, { object: 'codes-1' });
    const set = { arguments: { set: 'codes-1' } };
    expect(found(oneTimeOnce(aHistory([replace, spend(19, set)])))).toBe(0);
    expect(found(oneTimeOnce(aHistory([replace, spend(21, set)])))).toBe(1);
  });
});

describe('codes of an authenticator work once [INV-08]', () => {
  const answer = (step: number, fromMs: number, more = {}) =>
    anOperation('answer-code', fromMs, fromMs + 5, {
      object: 'account-1',
      arguments: { step, challenge: `c${fromMs}` },
      ...more,
    });
  const wrong = { ...refused, result: { verdict: 'wrong' } };

  it('holds where each later code is one of a later step', () => {
    expect(codesOnce(aHistory([answer(7, 0), answer(7, 1, wrong), answer(8, 10)]))).toEqual({
      checked: 3,
      violations: [],
    });
  });

  it('names a step that was accepted twice, and one that was accepted after a later one', () => {
    expect(found(codesOnce(aHistory([answer(7, 0), answer(7, 3)])))).toBe(1);
    expect(found(codesOnce(aHistory([answer(8, 0), answer(7, 10)])))).toBe(1);
    expect(found(codesOnce(aHistory([answer(8, 0), answer(7, 3)])))).toBe(0);
  });

  it('counts the codes that were compared: 5 for a challenge, 10 for an account in 15 minutes', () => {
    const guesses = (count: number, challenge: (index: number) => string) =>
      Array.from({ length: count }, (_, index) =>
        answer(index, index * 10, { ...wrong, arguments: { step: index, challenge: challenge(index) } }),
      );
    expect(found(codesOnce(aHistory(guesses(5, () => 'one'))))).toBe(0);
    expect(found(codesOnce(aHistory(guesses(6, () => 'one'))))).toBe(1);
    expect(found(codesOnce(aHistory(guesses(10, String))))).toBe(0);
    expect(found(codesOnce(aHistory(guesses(11, String))))).toBe(1);
    const unheard = guesses(11, String).map((guess) => ({ ...guess, result: {} }));
    expect(found(codesOnce(aHistory(unheard)))).toBe(0);
  });
});

describe('a changed credential ends sessions [INV-09]', () => {
  const own = { arguments: { account: 'account-1' } };
  const opened = anOperation('open-session', 0, 10, { object: 'session-1', ...own });
  const change = anOperation('change-credential', 100, 110, { object: 'account-1' });
  const use = (fromMs: number) => anOperation('use', fromMs, fromMs + 5, { object: 'session-1', ...own });

  it('holds where no session from before is let through to who begins later', () => {
    const later = anOperation('open-session', 120, 130, { object: 'session-2', ...own });
    const history = [opened, change, use(105), aRefusal(111, 112, 401, { object: 'session-1', ...own }), later];
    const afterwards = anOperation('use', 140, 150, { object: 'session-2', ...own });
    expect(changeEndsSessions(aHistory([...history, afterwards]))).toEqual({ checked: 1, violations: [] });
  });

  it('names a session that outlived the change, but for the one that it keeps', () => {
    const late = use(111);
    expect(changeEndsSessions(aHistory([opened, change, late])).violations).toEqual([
      { message: expect.any(String), operations: [change, late] },
    ]);
    const keeping = { ...change, arguments: { keeps: 'session-1' } };
    expect(found(changeEndsSessions(aHistory([opened, keeping, late])))).toBe(0);
  });
});
