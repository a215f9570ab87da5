import { MemoryCounters } from '@gatehouse/limit-domain/memory-counters';
import type { LimitStore } from './limit-store.js';

/** Counters in the memory of this process: exact as long as no other replica decides about the same subjects. */
export function memoryLimitStore(nowMs: () => number): LimitStore {
  const counters = new MemoryCounters();
  return {
    kind: 'memory',
    takeAll: async (queries) => {
      const now = nowMs();
      return queries.map(({ subjects, cost }) => counters.take(subjects, cost, now));
    },
    allotAll: async (queries) => {
      const now = nowMs();
      return queries.map((query) => counters.allot(query, query.subjects, now));
    },
    giveBackAll: async (returns) => {
      const now = nowMs();
      for (const one of returns) counters.giveBack(one, now);
    },
    isReady: async () => true,
    close: async () => {},
  };
}
