import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aHistory, anOperation, aRefusal, itsArrival } from './a-history.conformance.js';
import { createdIsKnown } from './created-is-known.js';
import type { Finding } from './history.js';
import { oneOrder } from './one-order.js';
import { isAfter, type Operation } from './operation.js';
import { revokedIsRefused } from './revoked-is-refused.js';
import { revokedStaysRevoked } from './revoked-stays-revoked.js';

const found = ({ violations }: Finding) => violations.length;
const refused = { outcome: 'failed', status: 401 } as const;
const saying = (verdict: string) => ({ result: { verdict } });

describe('a revoke that has returned holds [INV-01]', () => {
  const revoke = anOperation('end', 100, 200);

  it('holds where uses that began before the answer were let through, and later ones refused', () => {
    const history = aHistory([anOperation('use', 0, 50), revoke, anOperation('use', 199, 300), aRefusal(201, 250)]);
    expect(revokedIsRefused(history)).toEqual({ checked: 1, violations: [] });
  });

  it('names the revoke and a use that began after it and was let through', () => {
    const late = anOperation('use', 201, 250);
    expect(revokedIsRefused(aHistory([late, revoke])).violations).toEqual([
      { message: expect.any(String), operations: [revoke, late] },
    ]);
  });

  it('believes the upstream, not the client: what arrived was let through', () => {
    const lost = anOperation('use', 201, 250, { outcome: 'unknown', status: null });
    expect(found(revokedIsRefused(aHistory([revoke, lost])))).toBe(0);
    expect(found(revokedIsRefused(aHistory([revoke, lost], { arrivals: [itsArrival(lost, 240)] })))).toBe(1);
  });

  it('says nothing where the answer to the revoke is unknown, or where another credential is used', () => {
    const late = anOperation('use', 300, 301);
    expect(found(revokedIsRefused(aHistory([{ ...revoke, outcome: 'unknown' }, late])))).toBe(0);
    expect(found(revokedIsRefused(aHistory([revoke, { ...late, object: 'key-2' }])))).toBe(0);
  });

  it('lets a disabled credential through again only from the moment on at which somebody enables it', () => {
    const [disable, enable] = [anOperation('suspend', 0, 10), anOperation('resume', 100, 120)];
    const between = anOperation('use', 50, 60);
    expect(found(revokedIsRefused(aHistory([disable, enable, between])))).toBe(1);
    expect(found(revokedIsRefused(aHistory([disable, enable, anOperation('use', 90, 110)])))).toBe(0);
    expect(
      found(revokedIsRefused(aHistory([disable, anOperation('end', 20, 30), enable, anOperation('use', 200, 210)]))),
    ).toBe(1);
  });

  it('holds an enabled credential that is disabled once more to the second time', () => {
    const history = [anOperation('suspend', 0, 10), anOperation('resume', 20, 30), anOperation('suspend', 40, 50)];
    expect(found(revokedIsRefused(aHistory([...history, anOperation('use', 35, 38)])))).toBe(0);
    expect(found(revokedIsRefused(aHistory([...history, anOperation('use', 60, 70)])))).toBe(1);
  });
});

describe('a revocation is final [INV-02]', () => {
  const told = aRefusal(100, 110, 401, saying('revoked'));

  it('holds where only uses that began before were let through', () => {
    expect(revokedStaysRevoked(aHistory([anOperation('use', 109, 120), told, aRefusal(111, 112)]))).toEqual({
      checked: 1,
      violations: [],
    });
  });

  it('needs no answer to the revoke: one that was told is enough', () => {
    const late = anOperation('use', 111, 112, { via: 'gateway-2' });
    expect(revokedStaysRevoked(aHistory([late, told])).violations).toEqual([
      { message: expect.any(String), operations: [told, late] },
    ]);
  });

  it('does not take another refusal for a revocation', () => {
    expect(found(revokedStaysRevoked(aHistory([aRefusal(0, 1, 503), anOperation('use', 5, 6)])))).toBe(0);
  });
});

describe('what was created is known [INV-03]', () => {
  const create = anOperation('create', 100, 200, { status: 201 });

  it('allows an answer before the creation was done, 503, 429, and refusals once somebody takes the key away', () => {
    const history = [
      aRefusal(150, 250),
      create,
      aRefusal(210, 220, 503),
      aRefusal(230, 240, 429),
      anOperation('use', 250, 260),
    ];
    expect(createdIsKnown(aHistory(history))).toEqual({ checked: 3, violations: [] });
    expect(found(createdIsKnown(aHistory([create, anOperation('end', 300, 400, refused), aRefusal(299, 305)])))).toBe(
      0,
    );
  });

  it.each([401, 403, 404])('names a later use that was refused with %s', (status) => {
    const bad = aRefusal(201, 210, status);
    expect(createdIsKnown(aHistory([create, bad])).violations).toEqual([
      { message: expect.stringContaining(String(status)), operations: [create, bad] },
    ]);
  });
});

describe('all verdicts fit one order [INV-04]', () => {
  const life = [
    anOperation('create', 0, 10, { arguments: { becomes: 'active' } }),
    anOperation('suspend', 100, 120, { arguments: { becomes: 'disabled' } }),
    anOperation('resume', 200, 220, { arguments: { becomes: 'active' } }),
    anOperation('end', 300, 320, { arguments: { becomes: 'revoked' } }),
  ];
  const asks = (verdict: string, fromMs: number, untilMs: number, via = 'gateway-1') =>
    anOperation('use', fromMs, untilMs, { ...saying(verdict), via });
  const judge = (...uses: readonly Operation[]) => found(oneOrder(aHistory([...life, ...uses])));

  it('holds for verdicts of the states that the credential had meanwhile', () => {
    expect(
      judge(
        asks('absent', 0, 5),
        asks('active', 50, 60),
        asks('active', 90, 105),
        asks('disabled', 110, 115),
        asks('active', 230, 240),
        asks('revoked', 321, 330),
      ),
    ).toBe(0);
  });

  it('refuses a verdict that it had at no moment of the question', () => {
    expect(judge(asks('active', 130, 190))).toBe(1);
    expect(judge(asks('disabled', 50, 60))).toBe(1);
    expect(judge(asks('absent', 11, 20))).toBe(1);
  });

  it('refuses a step back that each question alone would allow', () => {
    const [first, second] = [asks('disabled', 101, 105), asks('active', 106, 110, 'gateway-2')];
    expect(judge(first)).toBe(0);
    expect(judge(second)).toBe(0);
    expect(oneOrder(aHistory([...life, first, second])).violations).toEqual([
      { message: expect.any(String), operations: [first, second] },
    ]);
    // At the same time, either may come first.
    expect(judge(asks('disabled', 101, 107), second)).toBe(0);
  });

  it('allows both where it is not known whether a change has happened, but no step back', () => {
    const history = [
      life[0] as Operation,
      anOperation('suspend', 100, 120, { outcome: 'unknown', arguments: { becomes: 'disabled' } }),
    ];
    expect(found(oneOrder(aHistory([...history, asks('active', 200, 210), asks('disabled', 300, 310)])))).toBe(0);
    expect(found(oneOrder(aHistory([...history, asks('disabled', 200, 210), asks('active', 300, 310)])))).toBe(1);
  });

  it('holds for every history that one register has made, and not when its last answer is made stale', () => {
    const step = fc.record({
      change: fc.boolean(),
      gap: fc.integer({ min: 1, max: 9 }),
      at: fc.integer({ min: 0, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 40 }), (steps) => {
        let version = 0;
        let nowMs = 0;
        const operations = [anOperation('create', -2, -1, { arguments: { becomes: 'v0' } })];
        for (const { change, gap, at } of steps) {
          nowMs += 10;
          if (change) {
            version++;
            operations.push(anOperation('narrow', nowMs, nowMs + at, { arguments: { becomes: `v${version}` } }));
            nowMs += 10;
          } else operations.push(asks(`v${version}`, nowMs, nowMs + gap));
        }
        expect(found(oneOrder(aHistory(operations)))).toBe(0);
        if (version === 0) return;
        expect(found(oneOrder(aHistory([...operations, asks('v0', nowMs + 20, nowMs + 30)])))).toBe(1);
      }),
    );
  });
});

it('an operation is after another one only where it began when that was over', () => {
  expect(isAfter(anOperation('use', 11, 12), anOperation('use', 0, 10))).toBe(true);
  expect(isAfter(anOperation('use', 10, 12), anOperation('use', 0, 10))).toBe(false);
});
