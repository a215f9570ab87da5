/** One line of a file, without its end. */
export interface Line {
  /** From 1. */
  readonly line: number;
  /** How much of the file has been read with it. */
  readonly endByte: number;
  /** Undefined: longer than allowed; its bytes were let go. */
  readonly bytes: Buffer | undefined;
}

const LINE_FEED = 0x0a;

/**
 * Splits bytes into lines, and never holds more than one chunk and `lineBytesMax` of a line that goes on. What follows
 * the last line feed is a line, too, unless it is nothing.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<readonly Line[]> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let line = 0;
  let endByte = 0;

  const finish = (rest: Buffer, endBytes: number): Line => {
    line++;
    endByte += rest.length + endBytes;
    const tooLong = begunBytes + rest.length > lineBytesMax;
    const bytes = tooLong ? undefined : begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
    begun = [];
    begunBytes = 0;
    return { line, endByte, bytes };
  };

  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Line[] = [];
    let start = 0;
    for (let end = buffer.indexOf(LINE_FEED); end !== -1; end = buffer.indexOf(LINE_FEED, start)) {
      lines.push(finish(buffer.subarray(start, end), 1));
      start = end + 1;
    }
    if (lines.length > 0) yield lines;
    const rest = buffer.subarray(start);
    begunBytes += rest.length;
    endByte += rest.length;
    // A copy: the chunk that it is of may be large, and it may be long until the line ends.
    if (begunBytes <= lineBytesMax) begun.push(Buffer.from(rest));
    else begun = [];
  }
  if (begunBytes > 0) yield [finish(Buffer.alloc(0), 0)];
}
