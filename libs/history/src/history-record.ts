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
 * Puts a history together from its lines, in whatever order they were written. What many lines say alike is kept once: a
 * history may have millions of operations, and all of it is in memory while it is judged.
 */
export class HistoryReader {
  private readonly operations: Operation[] = [];
  private readonly arrivals: Arrival[] = [];
  private readonly faults: Fault[] = [];
  private readonly subjects = new Map<string, readonly HeldLimit[]>();
  private readonly names = new Map<string, string>();
  private readonly given = new Map<string, Operation['arguments']>();
  private unixMsAtZero: number | undefined;
  private lines = 0;

  /** @throws BrokenHistory with the number of the line */
  add(line: string): void {
    const record = readRecord(line, ++this.lines);
    switch (record.record) {
      case 'start':
        this.unixMsAtZero = record.unixMsAtZero;
        return;
      case 'subject':
        this.subjects.set(record.name, record.limits);
        return;
      case 'operation':
        this.operations.push(this.shared(record));
        return;
      case 'arrival':
        this.arrivals.push({ operation: record.operation, atNs: record.atNs, requestId: record.requestId });
        return;
      case 'fault':
        this.faults.push(record);
    }
  }

  private shared(record: Operation): Operation {
    const { id, startedAtNs, returnedAtNs, status, result } = record;
    return {
      id,
      process: this.once(record.process),
      operation: this.once(record.operation),
      object: this.once(record.object),
      arguments: this.givenOnce(record.arguments),
      startedAtNs,
      returnedAtNs,
      outcome: this.once(record.outcome),
      status,
      via: this.once(record.via),
      result: result.verdict === undefined ? result : { ...result, verdict: this.once(result.verdict) },
    };
  }

  private once<Name extends string>(name: Name): Name {
    const known = this.names.get(name);
    if (known === undefined) this.names.set(name, name);
    return (known as Name | undefined) ?? name;
  }

  private givenOnce(given: Operation['arguments']): Operation['arguments'] {
    const text = JSON.stringify(given);
    const known = this.given.get(text);
    if (known === undefined) this.given.set(text, given);
    return known ?? given;
  }

  /** @throws BrokenHistory where the beginning is missing */
  history(): History {
    const { operations, arrivals, faults, subjects, unixMsAtZero } = this;
    if (unixMsAtZero === undefined) throw new BrokenHistory('the history has no beginning');
    return { operations, arrivals, faults, subjects, unixMsAtZero };
  }
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
