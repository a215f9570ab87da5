import { describe, expect, it } from '@jest/globals';
import { splitRows } from './split-rows.js';

describe('splitRows', () => {
  it('keeps the order, and each group within its bytes', () => {
    const rows = ['aaaa', 'bb', 'ééé', 'c', 'd'.repeat(50), 'e'];
    expect(splitRows(rows, 16)).toEqual([['aaaa', 'bb'], ['ééé', 'c'], ['d'.repeat(50)], ['e']]);
    expect(splitRows([], 16)).toEqual([]);
  });
});
