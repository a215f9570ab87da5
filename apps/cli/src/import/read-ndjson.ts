import { bad, type HashForm, type ReadRow, type RowProblem, writeRow } from './read-row.js';
import { type Line, splitLines } from './split-lines.js';

/** No row that the platform takes is longer. */
export const LINE_BYTES_MAX = 256 * 1024;

const BOM = '\uFEFF';
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a file of one JSON object a line. A line that is none is one bad row; those around it are read. */
export async function* readNdjson(
  chunks: AsyncIterable<Uint8Array>,
  hash: HashForm,
): AsyncGenerator<readonly ReadRow[]> {
  for await (const lines of splitLines(chunks, LINE_BYTES_MAX)) {
    yield lines.flatMap((line) => readLine(line, hash) ?? []);
  }
}

/** Undefined: an empty line. */
function readLine({ line, endByte, bytes }: Line, hash: HashForm): ReadRow | undefined {
  const place = { line, endByte };
  if (bytes === undefined) return bad(place, TOO_LONG);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return bad(place, { code: 'not_utf8', message: 'The line is not UTF-8.' });
  }
  if (line === 1 && text.startsWith(BOM)) text = text.slice(1);
  if (text.trim() === '') return undefined;
  try {
    const row: unknown = JSON.parse(text);
    return isObject(row) ? writeRow(row, place, hash) : bad(place, NO_OBJECT);
  } catch {
    return bad(place, { code: 'not_json', message: 'The line is not JSON, or not all of it is there.' });
  }
}

const TOO_LONG: RowProblem = { code: 'line_too_long', message: `The line has more than ${LINE_BYTES_MAX} bytes.` };
const NO_OBJECT: RowProblem = { code: 'not_an_object', message: 'The line is not a JSON object.' };

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
