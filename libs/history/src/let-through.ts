import type { Arrival, History } from './history.js';
import type { Operation } from './operation.js';

/** Tells what was let through: by its answer, or because the upstream saw it, whatever its client was told. */
export interface LetThrough {
  has(operation: Operation): boolean;
  arrivalOf(operation: Operation): Arrival | undefined;
}

const FIRST = new WeakMap<History, LetThrough>();

export function letThroughOf(history: History): LetThrough {
  const known = FIRST.get(history);
  if (known !== undefined) return known;
  const arrivals = new Map(history.arrivals.map((arrival) => [arrival.operation, arrival]));
  const made: LetThrough = {
    has: (operation) => operation.outcome === 'ok' || arrivals.has(operation.id),
    arrivalOf: (operation) => arrivals.get(operation.id),
  };
  FIRST.set(history, made);
  return made;
}
