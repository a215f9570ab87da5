import { LRUCache } from 'lru-cache';

/**
 * The gateway's memory of keys, request by request: it remembers `entries`, a key from the second time on that it comes while
 * its place in a table of `lately` is still its own (`apps/gateway/src/edge/seen-lately.ts`).
 * @param draw gives the next request's key, a number.
 * @returns the share of requests that find their key, after as many that fill the memory.
 */
export function simulateRemembering({ entries, lately, requests, draw }) {
  const remembered = new LRUCache({ max: entries });
  const marks = new Uint32Array(lately);
  let hits = 0;
  for (let request = 0; request < 2 * requests; request += 1) {
    const key = draw();
    if (remembered.get(key) !== undefined) {
      if (request >= requests) hits += 1;
      continue;
    }
    const place = scattered(key) % lately;
    if (marks[place] === key + 1) remembered.set(key, true);
    else marks[place] = key + 1;
  }
  return hits / requests;
}

function scattered(key) {
  const mixed = Math.imul(key ^ (key >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** Draws ranks from 0 on by the inverse of Zipf's integral. */
export function zipfDraw(ranks, exponent, random) {
  const power = 1 - exponent;
  const isOne = Math.abs(power) < 1e-9;
  const low = isOne ? Math.log(0.5) : 0.5 ** power;
  const high = isOne ? Math.log(ranks + 0.5) : (ranks + 0.5) ** power;
  return () => {
    const at = low + random.next() * (high - low);
    return Math.min(ranks, Math.max(1, Math.round(isOne ? Math.exp(at) : at ** (1 / power)))) - 1;
  };
}
