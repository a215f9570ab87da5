import { describe, expect, it } from '@jest/globals';
import { EXPORT_COLUMNS, writePage } from './export-text.js';
import { keyView } from './fake-keys-service.conformance.js';
import { keyJson } from './public-json.js';

const lineOf = (changes: Parameters<typeof keyView>[0]) => writePage('csv', [keyView(changes)], false);

describe('writePage', () => {
  it('has a column for everything that is shown of a key', () => {
    expect([...EXPORT_COLUMNS].sort()).toEqual(Object.keys(keyJson(keyView())).sort());
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '=HYPERLINK("http://x","y")'])(
    'keeps a spreadsheet from running %j',
    (name) => {
      const cell = name.includes('"') ? `"'${name.replaceAll('"', '""')}"` : `'${name}`;
      expect(lineOf({ name }).replaceAll('"', '')).toContain(cell.replaceAll('"', ''));
      expect(lineOf({ revocationReason: name })).toContain("'");
    },
  );

  it('quotes what would break a line or a cell', () => {
    expect(lineOf({ name: 'a,"b"\nc' })).toContain('"a,""b""\nc"');
    expect(writePage('ndjson', [keyView({ name: 'a\nb' })], true).match(/\n/g)).toHaveLength(1);
  });

  it('writes lists with blanks between, and objects as JSON', () => {
    const line = lineOf({ scopes: ['a', 'b'], metadata: { team: '=x' } });
    expect(line).toContain(',a b,');
    expect(line).toContain('"{""team"":""=x""}"');
  });

  it('begins a file without keys with its header, too', () => {
    expect(writePage('csv', [], true)).toBe(`${EXPORT_COLUMNS.join(',')}\r\n`);
    expect(writePage('ndjson', [], true)).toBe('');
  });
});
