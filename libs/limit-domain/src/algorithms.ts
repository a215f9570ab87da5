import type { Counter } from './counter.js';
import { FixedWindow } from './fixed-window.js';
import type { AlgorithmName, Limit } from './limit.js';
import { SlidingWindow } from './sliding-window.js';
import { TokenBucket } from './token-bucket.js';

/** A counter of which `used` is charged now. */
type OpenCounter = new (limit: Limit, used: number, nowMs: number) => Counter;

/** THE table of limit algorithms. */
const ALGORITHMS: Readonly<Record<AlgorithmName, OpenCounter>> = {
  'fixed-window': FixedWindow,
  'sliding-window': SlidingWindow,
  'token-bucket': TokenBucket,
};

/** @param used what is known to be used, from a counter of another algorithm say; it counts as charged at this moment. */
export function openCounter(limit: Limit, used: number, nowMs: number): Counter {
  return new ALGORITHMS[limit.algorithm ?? 'fixed-window'](limit, used, nowMs);
}
