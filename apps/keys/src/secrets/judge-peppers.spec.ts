import { describe, expect, it } from '@jest/globals';
import { judgePeppers, judgeReplicas } from './judge-peppers.js';

describe('judgePeppers', () => {
  it('lets a replica start whose peppers cover all secrets that can be used', () => {
    expect(judgePeppers({ contradicted: [], missing: [] })).toEqual([]);
    expect(judgePeppers({ contradicted: [], missing: [{ version: 2, usable: 0, ended: 7 }] })).toEqual([]);
  });

  it('names variable, pepper and number of secrets for each reason', () => {
    const missing = [
      { version: 2, usable: 500, ended: 7 },
      { version: 4, usable: 1, ended: 0 },
    ];
    expect(judgePeppers({ contradicted: [3], missing })).toEqual([
      'KEY_PEPPERS: pepper 3 is not the one that this database knows by that number',
      'KEY_PEPPERS: pepper 2 is missing; usable secrets that are stored under it: 500',
      'KEY_PEPPERS: pepper 4 is missing; usable secrets that are stored under it: 1',
    ]);
  });
});

describe('judgeReplicas', () => {
  it('lets replicas run beside each other that find what each of them seals', () => {
    expect(judgeReplicas({ withoutOurs: 0, unknownToUs: [] }, 2)).toEqual([]);
  });

  it('names what is missing where', () => {
    const [ours, theirs] = judgeReplicas({ withoutOurs: 3, unknownToUs: [5] }, 2);
    expect(ours).toMatch(/^KEY_PEPPER_CURRENT: .*do not know pepper 2 yet: 3;/);
    expect(theirs).toMatch(/^KEY_PEPPERS: pepper 5 is missing/);
  });
});
