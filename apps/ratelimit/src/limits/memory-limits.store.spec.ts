import { allotmentsConformance } from './allotments.conformance.js';
import { limitAlgorithmsConformance } from './limit-algorithms.conformance.js';
import { limitStoreConformance, type OpenStores } from './limit-store.conformance.js';
import { memoryLimitStore } from './memory-limits.store.js';

const open: OpenStores = async (nowMs) => {
  const store = memoryLimitStore(nowMs);
  return [store, store];
};

limitStoreConformance('limits in memory', open);
limitAlgorithmsConformance('algorithms in memory', open);
allotmentsConformance('units ahead in memory', open);
