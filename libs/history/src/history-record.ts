import type { Arrival, Fault, HeldLimit, History } from './history.js';
import type { Operation } from './operation.js';

/** A line of a history's file. */
export type HistoryRecord =
  | { readonly record: 'start'; readonly seed: string; readonly unixMsAtZero: number }
  | { readonly record: 'subject'; readonly name: string; readonly limits: readonly HeldLimit[] }
  | ({ readonly record: 'operation' } & Operation)
  | ({ readonly record: 'arrival' } & Arrival)
  | ({ readonly record: 'fault' } & Fault);

/** A history cannot be judged where a line of it is missing or broken. */
export class BrokenHistory extends Error {}

/**
 * The history that these lines tell, in whatever order they were written.
 * @throws BrokenHistory with the number of the line
 */
export function readRecords(lines: Iterable<string>): History {
  const operations: Operation[] = [];
  const arrivals: Arrival[] = [];
  const faults: Fault[] = [];
  const subjects = new Map<string, readonly HeldLimit[]>();
  let unixMsAtZero: number | undefined;
  let number = 0;
  for (const line of lines) {
    number++;
    const record = readRecord(line, number);
    switch (record.record) {
      case 'start':
        unixMsAtZero = record.unixMsAtZero;
        break;
      case 'subject':
        subjects.set(record.name, record.limits);
        break;
      case 'operation':
        operations.push(record);
        break;
      case 'arrival':
        arrivals.push(record);
        break;
      case 'fault':
        faults.push(record);
        break;
    }
  }
  if (unixMsAtZero === undefined) throw new BrokenHistory('the history has no beginning');
  return { operations, arrivals, faults, subjects, unixMsAtZero };
}

const RECORDS: ReadonlySet<unknown> = new Set(['start', 'subject', 'operation', 'arrival', 'fault']);

function readRecord(line: string, number: number): HistoryRecord {
  try {
    const record = JSON.parse(line) as HistoryRecord;
    if (RECORDS.has(record.record)) return record;
  } catch {
    // Told below, with the number of the line.
  }
  throw new BrokenHistory(`line ${number} is no record of a history`);
}
