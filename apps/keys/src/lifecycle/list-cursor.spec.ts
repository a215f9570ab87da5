import { describe, expect, it } from '@jest/globals';
import { readCursor, writeCursor } from './list-cursor.js';

const SECRET = Buffer.alloc(32, 1);
const SCOPE = { organizationId: 'org_1', api: undefined, projectId: undefined, createdBy: undefined };
const PLACE = { createdAtMs: 1_768_478_400_123, keyId: 'key_0123456789012345678901' };

describe('cursor of a list', () => {
  it('is read back as it was written, and fits into the contract', () => {
    const cursor = writeCursor(SECRET, SCOPE, PLACE);
    expect(readCursor(SECRET, SCOPE, cursor)).toEqual(PLACE);
    expect(cursor.length).toBeLessThan(200);
  });

  it('is refused for another organization, another filter, another secret', () => {
    const cursor = writeCursor(SECRET, SCOPE, PLACE);
    expect(readCursor(SECRET, { ...SCOPE, organizationId: 'org_2' }, cursor)).toBeUndefined();
    expect(readCursor(SECRET, { ...SCOPE, api: 'exante' }, cursor)).toBeUndefined();
    expect(readCursor(SECRET, { ...SCOPE, projectId: 'prj_1' }, cursor)).toBeUndefined();
    expect(readCursor(SECRET, { ...SCOPE, createdBy: 'acc_1' }, cursor)).toBeUndefined();
    expect(readCursor(Buffer.alloc(32, 2), SCOPE, cursor)).toBeUndefined();
  });

  it('is refused with any character changed, cut or added', () => {
    const cursor = writeCursor(SECRET, SCOPE, PLACE);
    for (let index = 0; index < cursor.length; index++) {
      const other = cursor[index] === 'A' ? 'B' : 'A';
      const edited = cursor.slice(0, index) + other + cursor.slice(index + 1);
      expect(readCursor(SECRET, SCOPE, edited)).toBeUndefined();
    }
    for (const text of ['', 'x', cursor.slice(0, -1), `${cursor}A`, `${cursor}=`, ` ${cursor}`, "' OR 1=1 --"]) {
      expect(readCursor(SECRET, SCOPE, text)).toBeUndefined();
    }
  });
});
