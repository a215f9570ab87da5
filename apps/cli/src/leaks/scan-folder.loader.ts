import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FindKeys } from './find-keys.js';
import { type PlacedKey, TextScanner } from './text-scanner.js';

const CHUNK_BYTES = 64 * 1024;
/** As far as git looks for a NUL, which makes a file binary. */
const BINARY_WITHIN_BYTES = 8_000;

/** What a scan comes upon: a key, a whole file, or something that cannot be read. */
export type ScanEvent =
  | ({ readonly kind: 'key'; readonly file: string } & PlacedKey)
  | { readonly kind: 'scanned' | 'binary'; readonly file: string }
  | { readonly kind: 'unreadable'; readonly file: string; readonly reason: string };

/**
 * Looks for keys in a file, or in every file of a folder and the folders in it, in the order of their names. What is in
 * `.git` is left out, links are not followed, binary files are not read. Memory does not grow with the size of files.
 * @throws Error with `code` where there is nothing under this path
 */
export async function* scanFolder(path: string, findKeys: FindKeys): AsyncGenerator<ScanEvent> {
  const found = await stat(path);
  if (found.isDirectory()) yield* scanFilesIn(path, findKeys);
  else yield* scanFile(path, findKeys);
}

async function* scanFilesIn(folder: string, findKeys: FindKeys): AsyncGenerator<ScanEvent> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => error);
  if (entries instanceof Error) {
    yield { kind: 'unreadable', file: folder, reason: entries.code ?? entries.message };
    return;
  }
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield* scanFile(path, findKeys);
    else if (entry.isDirectory() && entry.name !== '.git') yield* scanFilesIn(path, findKeys);
  }
}

async function* scanFile(file: string, findKeys: FindKeys): AsyncGenerator<ScanEvent> {
  const scanner = new TextScanner(findKeys);
  let decode: ((chunk: Buffer) => string) | undefined;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
      decode ??= decoderFor(chunk as Buffer);
      if (decode === undefined) {
        yield { kind: 'binary', file };
        return;
      }
      for (const key of scanner.push(decode(chunk as Buffer))) yield { kind: 'key', file, ...key };
    }
    yield { kind: 'scanned', file };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    yield { kind: 'unreadable', file, reason: code ?? message };
  }
}

/**
 * How the bytes of a file are read; undefined: it is binary. Keys are ASCII, so that every encoding that contains ASCII
 * can be read byte by byte. UTF-16, which Windows writes, says what it is with its first two bytes.
 */
function decoderFor(first: Buffer): ((chunk: Buffer) => string) | undefined {
  const mark = first.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') {
    const decoder = new TextDecoder(mark === 'fffe' ? 'utf-16le' : 'utf-16be');
    return (chunk) => decoder.decode(chunk, { stream: true });
  }
  if (first.subarray(0, BINARY_WITHIN_BYTES).includes(0)) return undefined;
  return (chunk) => chunk.toString('latin1');
}
