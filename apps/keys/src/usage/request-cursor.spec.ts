import { describe, expect, it } from '@jest/globals';
import { readRequestCursor, writeRequestCursor } from './request-cursor.js';

const place = { atMs: Date.UTC(2026, 0, 15), requestId: 'req_0123456789ABCDEFGHIJKL' };
const encoded = (text: string) => Buffer.from(text).toString('base64url');

describe('the cursor of the request log', () => {
  it('comes back as the place that was written', () => {
    expect(readRequestCursor(writeRequestCursor(place))).toEqual(place);
    const odd = { atMs: 0, requestId: 'a.b!c~' };
    expect(readRequestCursor(writeRequestCursor(odd))).toEqual(odd);
  });

  it.each([
    '',
    'x',
    '!',
    encoded('1'),
    encoded('.req_1'),
    encoded('-1.req_1'),
    encoded('1.'),
    encoded('1e3.req_1'),
    encoded('1.a b'),
    encoded('1.a\0'),
    encoded('999999999999999.req_1'),
    encoded(`1.${'x'.repeat(65)}`),
    `${writeRequestCursor(place)}=`,
    `${writeRequestCursor(place)} `,
    `${writeRequestCursor(place)}A`,
  ])('is refused where it is none of ours: %p', (cursor) => {
    const read = readRequestCursor(cursor);
    // A letter more can be a place of its own, but never one that the database would not take.
    if (read !== undefined) expect(writeRequestCursor(read)).toBe(cursor);
    else expect(read).toBeUndefined();
  });
});
