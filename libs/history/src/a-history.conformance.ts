import type { Arrival, Fault, HeldLimit, History } from './history.js';
import type { Operation, OperationKind } from './operation.js';

const MS = 1e6;

/** A history written by hand: times in milliseconds, everything that does not matter left out. */
export function aHistory(
  operations: readonly Operation[],
  more: {
    readonly arrivals?: readonly Arrival[];
    readonly faults?: readonly Fault[];
    readonly subjects?: Readonly<Record<string, readonly HeldLimit[]>>;
  } = {},
): History {
  return {
    operations,
    arrivals: more.arrivals ?? [],
    faults: more.faults ?? [],
    subjects: new Map(Object.entries(more.subjects ?? {})),
    unixMsAtZero: 1_800_000_000_000,
  };
}

let lastId = 0;

/** @param fromMs when it began. @param untilMs when its answer was there. */
export function anOperation(
  operation: OperationKind,
  fromMs: number,
  untilMs: number,
  more: Partial<Operation> = {},
): Operation {
  return {
    id: ++lastId,
    process: 'client-1',
    operation,
    object: 'key-1',
    arguments: {},
    startedAtNs: fromMs * MS,
    returnedAtNs: untilMs * MS,
    outcome: 'ok',
    status: 200,
    via: 'gateway-1',
    result: {},
    ...more,
  };
}

/** A use that was refused. */
export function aRefusal(fromMs: number, untilMs: number, status = 401, more: Partial<Operation> = {}): Operation {
  return anOperation('use', fromMs, untilMs, { outcome: 'failed', status, ...more });
}

/** The upstream saw it. */
export function itsArrival({ id }: Operation, atMs: number, requestId: string | null = null): Arrival {
  return { operation: id, atNs: atMs * MS, requestId };
}

export function aFault(fromMs: number, untilMs: number, more: Partial<Fault> = {}): Fault {
  return { kind: 'kill', target: 'gateway-1', startedAtNs: fromMs * MS, endedAtNs: untilMs * MS, ...more };
}
