import { describe, expect, it } from '@jest/globals';
import { briefly, readAll } from './hostile-files.conformance.js';
import { LINE_BYTES_MAX, readNdjson } from './read-ndjson.js';

const read = async (file: string | Buffer, chunkBytes?: number) => briefly(await readAll(readNdjson, file, chunkBytes));

describe('readNdjson', () => {
  it('reads each line as it is, with its number, however the file is cut into chunks', async () => {
    const file = '{"key":"a","name":"Zoë"}\n\n{"key":"b"}\n';
    for (const chunkBytes of [1, 2, 3, 11, 1_000]) {
      expect(await read(file, chunkBytes)).toEqual([
        { key: 'a', name: 'Zoë', line: 1 },
        { key: 'b', line: 3 },
      ]);
    }
  });

  it('takes a byte order mark, CRLF, and a last line without an end', async () => {
    expect(await read('\uFEFF{"key":"a"}\r\n{"key":"b"}')).toEqual([
      { key: 'a', line: 1 },
      { key: 'b', line: 2 },
    ]);
  });

  it('says how much of the file has been read with each row', async () => {
    const file = '{"key":"a"}\r\n{"key":"é"}\n{"key":"c"}';
    const ends = (await readAll(readNdjson, file)).map(({ endByte }) => endByte);
    expect(ends).toEqual([13, 26, Buffer.byteLength(file)]);
  });

  it('refuses a line that is no JSON object, and reads on', async () => {
    const lines = ['{"key":', 'null', '[1]', '"x"', '7', '{"key":"a"}{"key":"b"}', "{'key':'a'}", '{"key":"a\u0000"}'];
    expect(await read(`${lines.join('\n')}\n{"key":"z"}`)).toEqual([
      [1, 'not_json'],
      [2, 'not_an_object'],
      [3, 'not_an_object'],
      [4, 'not_an_object'],
      [5, 'not_an_object'],
      [6, 'not_json'],
      [7, 'not_json'],
      [8, 'not_json'],
      { key: 'z', line: 9 },
    ]);
  });

  it('refuses a last line of which a part is missing', async () => {
    expect(await read('{"key":"a"}\n{"key":"b"')).toEqual([{ key: 'a', line: 1 }, [2, 'not_json']]);
  });

  it('refuses a line that is not UTF-8, and reads on', async () => {
    const latin1 = Buffer.from('{"name":"Zo\u00eb"}\n', 'latin1');
    const surrogate = Buffer.from([0x7b, 0xed, 0xa0, 0x80, 0x7d, 0x0a]);
    const utf16 = Buffer.from('\uFEFF{"key":"a"}', 'utf16le');
    expect(await read(Buffer.concat([latin1, surrogate, Buffer.from('{"key":"a"}\n'), utf16]))).toEqual([
      [1, 'not_utf8'],
      [2, 'not_utf8'],
      { key: 'a', line: 3 },
      [4, 'not_utf8'],
    ]);
  });

  it('refuses a line of 10 MB, and reads on', async () => {
    const file = `{"key":"a"}\n${'x'.repeat(10_000_000)}\n{"key":"b"}\n`;
    expect(await read(file, 65_536)).toEqual([{ key: 'a', line: 1 }, [2, 'line_too_long'], { key: 'b', line: 3 }]);
  });

  it('takes a line of exactly the longest length', async () => {
    const line = (length: number) => `{"name":"${'x'.repeat(length - 11)}"}`;
    const [longest, tooLong] = await read(`${line(LINE_BYTES_MAX)}\n${line(LINE_BYTES_MAX + 1)}\n`, 100_000);
    expect(longest).toMatchObject({ line: 1 });
    expect(tooLong).toEqual([2, 'line_too_long']);
  });

  it('refuses names for which the platform would refuse the whole batch, and arrays that are too deep', async () => {
    const lines = [
      '{"__proto__":{"key":"a"}}',
      '{"metadata":{"\\u005f_proto__":"a"}}',
      '{"constructor":{"prototype":1}}',
      `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      '{"name":"\\"__proto__\\":"}',
    ];
    expect(await read(lines.join('\n'), 100_000)).toEqual([
      [1, 'reserved_name'],
      [2, 'reserved_name'],
      [3, 'reserved_name'],
      [4, 'not_json'],
      { name: '"__proto__":', line: 5 },
    ]);
  });

  it('gives a bare hash its form, and leaves one that has a form', async () => {
    const full = { algorithm: 'hmac-sha256', encoding: 'base64', value: 'B' };
    const file = `{"hash":"A","line":77}\n${JSON.stringify({ hash: full })}`;
    expect(briefly(await readAll(readNdjson, file, 7, { algorithm: 'sha256', encoding: 'base64' }))).toEqual([
      { hash: { algorithm: 'sha256', encoding: 'base64', value: 'A' }, line: 1 },
      { hash: full, line: 2 },
    ]);
  });
});
