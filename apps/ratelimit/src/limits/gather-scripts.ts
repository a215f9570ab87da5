import { batchPerTurn } from '@gatehouse/bus/batch-per-turn';
import type { TakeQuery } from '@gatehouse/contracts/limit-records';
import type { LimitOutcome } from '@gatehouse/limit-domain/limit';
import type { LimitStore } from './limit-store.js';

/** With two, the server has the next script when it is done with one. */
const SCRIPTS_IN_FLIGHT = 2;
/** So many queries keep the server, which does one thing at a time, for some 8 ms. */
const QUERIES_MAX = 512;
const WAITING_MAX = 10_000;

/**
 * Lets the messages of many gateways travel to a shared store together: what comes in one turn, or while two scripts are
 * under way, is one script. A script costs twice what a query in it does, and there is one thread for all of them. What
 * one message asks stays in order; whether a query is allowed is decided as before, each by itself.
 * @returns the store; its `takeAll` rejects where the script that had one of its queries failed, or too many wait.
 */
export function gatherScripts(store: LimitStore, schedule: (flush: () => void) => void = setImmediate): LimitStore {
  const take = batchPerTurn<TakeQuery, LimitOutcome>({
    send: (queries) => store.takeAll(queries),
    maxItemsPerBatch: QUERIES_MAX,
    maxBatchesInFlight: SCRIPTS_IN_FLIGHT,
    maxItemsWaiting: WAITING_MAX,
    schedule,
  });
  return { ...store, takeAll: (queries) => Promise.all(queries.map(take)) };
}
