import { describe, expect, it } from '@jest/globals';
import { briefly, readAll } from './hostile-files.conformance.js';
import { readCsv } from './read-csv.js';

const read = async (file: string | Buffer, chunkBytes?: number) => briefly(await readAll(readCsv, file, chunkBytes));

describe('readCsv', () => {
  it('reads rows by the names of the header, however the file is cut into chunks', async () => {
    const file = [
      'key,Name,scopes,metadata,expires_at',
      'k1,"Build, test",a.read b.write,"{""team"":""a""}",2030-01-01T00:00:00Z',
      '"k""2","two',
      'lines",,,',
    ].join('\n');
    for (const chunkBytes of [1, 5, 1_000]) {
      expect(await read(file, chunkBytes)).toEqual([
        {
          key: 'k1',
          name: 'Build, test',
          scopes: ['a.read', 'b.write'],
          metadata: { team: 'a' },
          expires_at: '2030-01-01T00:00:00Z',
          line: 2,
        },
        { key: 'k"2', name: 'two\nlines', scopes: [], line: 4 },
      ]);
    }
  });

  it('takes a byte order mark, CRLF, empty lines, and a last line without an end', async () => {
    expect(await read('\uFEFFkey,name\r\na,A\r\n\r\nb,B')).toEqual([
      { key: 'a', name: 'A', line: 2 },
      { key: 'b', name: 'B', line: 4 },
    ]);
  });

  it('gives a hash the form of its columns, else that of the command', async () => {
    expect(await read('hash,hash_algorithm,hash_encoding\nA,hmac-sha256,base64\nB,,\nC,sha256,')).toEqual([
      { hash: { algorithm: 'hmac-sha256', encoding: 'base64', value: 'A' }, line: 2 },
      { hash: { algorithm: 'sha256', encoding: 'hex', value: 'B' }, line: 3 },
      { hash: { algorithm: 'sha256', encoding: 'hex', value: 'C' }, line: 4 },
    ]);
  });

  it('refuses a row that does not fit the header or whose cell is no JSON, and reads on', async () => {
    expect(await read('key,name,metadata\na\nb,B,{},more\nc,C,{oops\nd,D,')).toEqual([
      [2, 'columns_differ'],
      [3, 'columns_differ'],
      [4, 'cell_malformed'],
      { key: 'd', name: 'D', line: 5 },
    ]);
  });

  it('refuses a last row of which a part is missing', async () => {
    expect(await read('key,name\na,A\nb')).toEqual([{ key: 'a', name: 'A', line: 2 }, [3, 'columns_differ']]);
  });

  it('refuses a row that is not UTF-8, and reads on', async () => {
    const latin1 = Buffer.from('a,Zo\u00eb\nb,B\n', 'latin1');
    expect(await read(Buffer.concat([Buffer.from('key,name\n'), latin1]))).toEqual([
      [2, 'not_utf8'],
      { key: 'b', name: 'B', line: 3 },
    ]);
  });

  it('passes NUL and control characters on, for the platform to refuse', async () => {
    expect(await read('key,name\na,x\u0000\u0007y')).toEqual([{ key: 'a', name: 'x\u0000\u0007y', line: 2 }]);
  });

  it.each([
    ['is not closed', 'key,name\na,A\nb,"B\nc,C\nd,D\n', 3],
    ['stands inside a cell', 'key,name\na,A\nb,B"x"\nc,C\n', 3],
    ['is followed by more', 'key,name\na,A\nb,"B"x\nc,C\n', 3],
  ])('ends where a quote %s: nobody knows what the rest is', async (_title, file, line) => {
    const rows = await read(file);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({ key: 'a', name: 'A', line: 2 });
    expect(rows[1]).toEqual([expect.any(Number), 'csv_malformed']);
    expect((rows[1] as number[])[0]).toBeGreaterThanOrEqual(line);
  });

  it('ends at a record of 10 MB', async () => {
    const rows = await read(`key,name\na,A\nb,"${'x'.repeat(10_000_000)}"\n`, 65_536);
    expect(rows).toEqual([{ key: 'a', name: 'A', line: 2 }, [3, 'csv_malformed']]);
  });

  it.each([
    ['an unknown column', 'key,password\n'],
    ['a column twice', 'key,name,KEY\n'],
    ['neither key nor hash', 'name,scopes\n'],
    ['no header line at all, and does not repeat what it found', 'sk_live_0123456789,First key\n'],
  ])('refuses a file with %s before anything is sent', async (_title, file) => {
    const failed = read(file);
    await expect(failed).rejects.toMatchObject({ code: 'usage', exitCode: 2 });
    await expect(failed).rejects.not.toThrow(/sk_live/);
  });

  it('makes nothing of an empty file', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('key,name\n')).toEqual([]);
  });

  it('never says what a broken file holds', async () => {
    const [row] = await readAll(readCsv, 'key,name\n"sk_secret"x,A\n');
    expect(row).toMatchObject({ kind: 'bad', problem: { code: 'csv_malformed' } });
    expect(JSON.stringify(row)).not.toContain('sk_');
  });

  it('refuses reserved names in cells', async () => {
    expect(await read('key,metadata\na,"{""__proto__"":""x""}"')).toEqual([[2, 'reserved_name']]);
  });
});
