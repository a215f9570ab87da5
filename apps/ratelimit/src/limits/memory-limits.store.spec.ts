import { limitStoreConformance } from './limit-store.conformance.js';
import { memoryLimitStore } from './memory-limits.store.js';

limitStoreConformance('limits in memory', async (nowMs) => {
  const store = memoryLimitStore(nowMs);
  return [store, store];
});
