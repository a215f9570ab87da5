import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { usageError } from '../cli-error.js';
import type { Io } from '../io.js';

const CHUNK_BYTES = 256 * 1024;
const HEAD_BYTES = 64 * 1024;

/** What is to be imported. */
export interface Source {
  /** Ends early where the command is interrupted. */
  readonly chunks: AsyncIterable<Buffer>;
  /** What tells this file from another; undefined for standard input, which cannot be read twice. */
  readonly file: { readonly bytes: number; readonly head: string } | undefined;
}

/** @throws CliError where the file cannot be read */
export async function openSource(path: string, io: Pick<Io, 'stdin' | 'signal'>): Promise<Source> {
  if (path === '-') return { chunks: readUntil(io.stdin, io.signal), file: undefined };
  try {
    const { size } = await stat(path);
    const head = await headOf(path);
    const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    return { chunks: readUntil(stream, io.signal), file: { bytes: size, head } };
  } catch (error) {
    throw usageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function headOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
  } finally {
    await file.close();
  }
}

async function* readUntil(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
