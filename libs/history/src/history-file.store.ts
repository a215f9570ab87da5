import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { History } from './history.js';
import { HistoryReader, type HistoryRecord } from './history-record.js';

/** Writes a history while it happens. */
interface HistoryRecorder {
  record(record: HistoryRecord): void;
  /** Resolves when all is in the file. */
  close(): Promise<void>;
}

export function recordHistory(path: string): HistoryRecorder {
  const file = createWriteStream(path, { highWaterMark: 1_048_576 });
  const failed = new Promise<never>((_resolve, reject) => file.once('error', reject));
  failed.catch(() => undefined);
  return {
    record: (record) => void file.write(`${JSON.stringify(record)}\n`),
    close: () => Promise.race([failed, new Promise<void>((resolve) => file.end(resolve))]),
  };
}

/** @throws BrokenHistory */
export async function readHistory(path: string): Promise<History> {
  const reader = new HistoryReader();
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) reader.add(line);
  return reader.history();
}
