import type { AlgorithmName, Limit } from '@gatehouse/limit-domain/limit';
import { MalformedRecord, type RecordReader } from './record-reader.js';

/** In the number of the window's seconds: more than these and the quota follows. No window is as long as that. */
const HAS_MORE = 0x8000_0000;
const ALGORITHMS: readonly AlgorithmName[] = ['fixed-window', 'sliding-window', 'token-bucket'];
const ALGORITHM_BITS = 0x03;
const HAS_BURST = 0x04;
const IS_SHADOW = 0x08;

/**
 * One limit as bytes: windowSeconds u32, quota u32, which is all of a fixed window. What is more than that has the highest
 * bit of windowSeconds set, and then flags u8 (algorithm, burst, shadow) and, where they say so, burst u32.
 */
export function encodeLimit({ windowSeconds, quota, algorithm, burst, shadow }: Limit): Buffer {
  const flags =
    ALGORITHMS.indexOf(algorithm ?? 'fixed-window') |
    (burst === undefined ? 0 : HAS_BURST) |
    (shadow === true ? IS_SHADOW : 0);
  if (windowSeconds >= HAS_MORE) throw new RangeError(`a window of ${windowSeconds} seconds is too long`);
  const bytes = Buffer.allocUnsafe(flags === 0 ? 8 : burst === undefined ? 9 : 13);
  bytes.writeUInt32LE(flags === 0 ? windowSeconds : windowSeconds + HAS_MORE, 0);
  bytes.writeUInt32LE(quota, 4);
  if (flags !== 0) bytes[8] = flags;
  if (burst !== undefined) bytes.writeUInt32LE(burst, 9);
  return bytes;
}

/** @throws MalformedRecord */
export function decodeLimit(reader: RecordReader): Limit {
  const seconds = reader.u32();
  const quota = reader.u32();
  if (seconds < HAS_MORE) return { windowSeconds: seconds, quota };
  const flags = reader.u8();
  const algorithm = ALGORITHMS[flags & ALGORITHM_BITS];
  if (algorithm === undefined || flags > (ALGORITHM_BITS | HAS_BURST | IS_SHADOW)) {
    throw new MalformedRecord(`no limit has the flags ${flags}`);
  }
  return {
    windowSeconds: seconds - HAS_MORE,
    quota,
    ...(algorithm === 'fixed-window' ? {} : { algorithm }),
    ...((flags & HAS_BURST) === 0 ? {} : { burst: reader.u32() }),
    ...((flags & IS_SHADOW) === 0 ? {} : { shadow: true }),
  };
}
