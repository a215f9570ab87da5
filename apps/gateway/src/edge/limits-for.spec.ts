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
