import { MemoryCounters } from '@gatehouse/limit-domain/memory-counters';
import { describe, expect, it } from '@jest/globals';
import { exampleApi, exampleFacts } from '../proxy/gateway-under-test.conformance.js';
import { limitsFor } from './limits-for.js';

const NOW_MS = Date.UTC(2026, 0, 15, 12, 0, 7);
const quarantined = (changes: object = {}) => exampleFacts({ state: 'quarantined', ...changes });

/** Whether requests of these costs, at these moments, are let through one after the other. */
function takes(facts: ReturnType<typeof exampleFacts>, requests: readonly { costs: number; atMs?: number }[]) {
  const counters = new MemoryCounters();
  return requests.map(({ costs, atMs = NOW_MS }) => {
    const charge = limitsFor(facts, exampleApi(), costs);
    return charge === undefined ? 'allowed' : counters.take(charge.subjects, charge.cost, atMs).kind;
  });
}

describe('the limits of a quarantined key', () => {
  it('let one request through in a minute, whatever it costs, and others after it', () => {
    for (const costs of [1, 7]) {
      expect(takes(quarantined(), [{ costs }, { costs }, { costs: 1 }, { costs, atMs: NOW_MS + 60_000 }])).toEqual([
        'allowed',
        'refused',
        'refused',
        'allowed',
      ]);
    }
    expect(takes(quarantined(), [{ costs: 1 }, { costs: 7 }])).toEqual(['allowed', 'refused']);
  });

  it('are there where the plan has none for its keys', () => {
    const api = exampleApi({ plans: { free: { key: [], organization: [], keysMax: null } } });
    expect(limitsFor(exampleFacts(), api, 1)).toBeUndefined();
    expect(limitsFor(quarantined(), api, 1)?.subjects).toEqual([
      { subject: 'key:key_1', limits: [{ windowSeconds: 60, quota: 1 }] },
    ]);
  });

  it('lift nothing: smaller quotas, other windows and those of the organization stay', () => {
    const limits = [
      { windowSeconds: 1, quota: 5 },
      { windowSeconds: 86_400, quota: 3 },
    ];
    expect(limitsFor(quarantined({ limits }), exampleApi(), 1)?.subjects).toEqual([
      {
        subject: 'key:key_1',
        limits: [
          { windowSeconds: 1, quota: 5 },
          { windowSeconds: 60, quota: 1 },
          { windowSeconds: 86_400, quota: 3 },
        ],
      },
      { subject: 'org:org_1:example', limits: [{ windowSeconds: 60, quota: 100 }] },
    ]);
  });

  it('end with the quarantine', () => {
    expect(takes(exampleFacts(), [{ costs: 1 }, { costs: 1 }])).toEqual(['allowed', 'allowed']);
  });
});

describe('the limits of a plan', () => {
  const bucket = { windowSeconds: 1, quota: 10, algorithm: 'token-bucket', burst: 30 } as const;
  const sliding = { windowSeconds: 60, quota: 100, algorithm: 'sliding-window' } as const;
  const shadow = { windowSeconds: 60, quota: 20, shadow: true } as const;
  const api = exampleApi({
    plans: { free: { key: [bucket, sliding, shadow], organization: [sliding], keysMax: null } },
  });
  const keyLimits = (changes: object) => limitsFor(exampleFacts(changes), api, 1)?.subjects[0]?.limits;

  it('are counted as the plan says', () => {
    expect(keyLimits({})).toEqual([bucket, sliding, shadow]);
  });

  it('are lowered by a key’s own quotas, which are enforced, also where the plan has a shadow only', () => {
    const limits = [
      { windowSeconds: 1, quota: 5 },
      { windowSeconds: 60, quota: 1_000 },
      { windowSeconds: 3_600, quota: 9 },
    ];
    expect(keyLimits({ limits })).toEqual([
      { ...bucket, quota: 5, burst: 5 },
      sliding,
      shadow,
      { windowSeconds: 3_600, quota: 9 },
    ]);
    const only = exampleApi({ plans: { free: { key: [shadow], organization: [], keysMax: null } } });
    expect(
      limitsFor(exampleFacts({ limits: [{ windowSeconds: 60, quota: 30 }] }), only, 1)?.subjects[0]?.limits,
    ).toEqual([shadow, { windowSeconds: 60, quota: 30 }]);
  });

  it('are replaced by what the operator has set for the organization, which says how much, not how [A9]', () => {
    const organizationLimits = {
      key: [
        { windowSeconds: 1, quota: 500 },
        { windowSeconds: 86_400, quota: 7 },
      ],
      organization: null,
    };
    expect(keyLimits({ organizationLimits })).toEqual([
      { ...bucket, quota: 500 },
      { windowSeconds: 86_400, quota: 7 },
    ]);
    expect(limitsFor(exampleFacts({ organizationLimits }), api, 1)?.subjects[1]?.limits).toEqual([sliding]);
  });
});

describe('the limits of one caller', () => {
  it('are the same for every cost, so that what is held of them serves all; those of a quarantined key are not', () => {
    const facts = exampleFacts();
    const [one, five] = [limitsFor(facts, exampleApi(), 1), limitsFor(facts, exampleApi(), 5)];
    expect(five).toEqual({ ...one, cost: 5 });
    expect(five?.subjects).toBe(one?.subjects);
    const held = quarantined();
    expect(limitsFor(held, exampleApi(), 5)?.subjects).not.toEqual(limitsFor(held, exampleApi(), 1)?.subjects);
    expect(limitsFor(exampleFacts(), exampleApi(), 1)?.subjects).not.toBe(one?.subjects);
  });
});
