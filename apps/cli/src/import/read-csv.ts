import { CsvError, type Info, type Parser, parse } from 'csv-parse';
import { usageError } from '../cli-error.js';
import { headerProblem, readCells } from './csv-row.js';
import { LINE_BYTES_MAX } from './read-ndjson.js';
import { bad, type HashForm, type ReadRow, writeRow } from './read-row.js';

/**
 * Reads a CSV file (RFC 4180) whose first line names its columns. A record that does not fit the header is one bad row.
 * Where quotes are broken, nobody can say where the next record begins: that is the last row, and a bad one.
 * @throws CliError for a header that cannot be used; nothing has been read then.
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>, hash: HashForm): AsyncGenerator<readonly ReadRow[]> {
  let names: readonly string[] | undefined;
  let rows: ReadRow[] = [];
  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
    max_record_size: LINE_BYTES_MAX,
    // Rows are taken here and not read from the stream, which drops those that it still holds where the file is broken.
    on_record: (record: readonly string[], { lines, bytes }) => {
      if (names === undefined) names = checkHeader(record);
      else rows.push(readRecord(names, record, { line: lines, endByte: bytes }, hash));
      return null;
    },
  });
  parser.on('error', () => undefined);
  const taken = () => rows.splice(0);
  try {
    for await (const chunk of chunks) {
      await write(parser, chunk);
      if (rows.length > 0) yield taken();
    }
    await end(parser);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    rows = [...rows, brokenAt(parser.info, error.code)];
  }
  if (rows.length > 0) yield taken();
}

function write(parser: Parser, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => parser.write(chunk, (error) => (error ? reject(error) : resolve())));
}

function end(parser: Parser): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.once('error', reject);
    parser.end(resolve);
  });
}

function checkHeader(record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim().toLowerCase());
  const problem = headerProblem(names);
  if (problem !== undefined) throw usageError(`this CSV file cannot be read: ${problem}`);
  return names;
}

function readRecord(
  names: readonly string[],
  record: readonly string[],
  place: { readonly line: number; readonly endByte: number },
  hash: HashForm,
): ReadRow {
  const read = readCells(names, record);
  return 'problem' in read ? bad(place, read.problem) : writeRow(read.row, place, hash);
}

/** What csv-parse says itself quotes the file, so it is not shown. */
function brokenAt({ lines, bytes }: Info, code: string): ReadRow {
  const reason = code === 'CSV_MAX_RECORD_SIZE' ? `a record has more than ${LINE_BYTES_MAX} characters` : BROKEN_QUOTE;
  const message = `The file is not CSV from here on: ${reason}. What follows was not read.`;
  return bad({ line: lines, endByte: bytes }, { code: 'csv_malformed', message });
}
const BROKEN_QUOTE = 'a quote is where none may be, or is not closed';
