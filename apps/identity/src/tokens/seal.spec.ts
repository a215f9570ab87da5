import { describe, expect, it } from '@jest/globals';
import { openSealed, seal } from './seal.js';

const KEY = Buffer.alloc(32, 7);
const PLAIN = Buffer.from('canary-51d0');

describe('what is sealed', () => {
  it('opens with its key and for its owner, and shows nothing', () => {
    const sealed = seal(KEY, 'totp acc_1', PLAIN);
    expect(openSealed(KEY, 'totp acc_1', sealed)).toEqual(PLAIN);
    expect(sealed.includes(PLAIN)).toBe(false);
    expect(seal(KEY, 'totp acc_1', PLAIN)).not.toEqual(sealed);
  });

  it('does not open with another key, for another owner, or with one bit changed [M-04]', () => {
    const sealed = seal(KEY, 'totp acc_1', PLAIN);
    expect(openSealed(Buffer.alloc(32, 8), 'totp acc_1', sealed)).toBeUndefined();
    expect(openSealed(KEY, 'totp acc_2', sealed)).toBeUndefined();
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(openSealed(KEY, 'totp acc_1', changed)).toBeUndefined();
      expect(openSealed(KEY, 'totp acc_1', sealed.subarray(0, index))).toBeUndefined();
    }
  });
});
