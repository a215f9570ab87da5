import { describe, expect, it } from '@jest/globals';
import { requestIds } from './request-ids.js';

const RANDOM = new Uint8Array(14).fill(61);

describe('names of requests', () => {
  it('never come twice from one process, and are of one form', () => {
    const next = requestIds(RANDOM);
    const count = 62 ** 3 + 10;
    const names = new Set(Array.from({ length: count }, next));
    expect(names.size).toBe(count);
    for (const name of names) if (!/^req_z{14}[0-9A-Za-z]{8}$/.test(name)) throw new Error(name);
  });

  it('count in base 62 behind what is random', () => {
    const next = requestIds(RANDOM);
    const names = Array.from({ length: 62 ** 2 + 1 }, next).map((name) => name.slice(-8));
    expect([names[0], names[61], names.at(-3), names.at(-2), names.at(-1)]).toEqual([
      '00000001',
      '00000010',
      '000000zz',
      '00000100',
      '00000101',
    ]);
  });
});
