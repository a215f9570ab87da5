/**
 * How requests are spread over keys: the key of rank r comes as often as r^-exponent says (0: all equally often; web
 * traffic is mostly near 1). Sums over a hundred million ranks are taken rank by rank at first, and beyond in bands that
 * widen by a hundredth.
 */
const EXACT_RANKS = 1_000;
const WIDEN = 1.01;

/**
 * @param exactRanks of which each is a band of its own.
 * @returns bands of `count` ranks, each of which gets the share `share` of all requests. The shares add up to 1.
 */
export function zipfBands(ranks, exponent, exactRanks = EXACT_RANKS) {
  const bands = [];
  let total = 0;
  const add = (first, last) => {
    const count = last - first + 1;
    // The middle of a wide band by its integral.
    const weight = count === 1 ? first ** -exponent : integral(first - 0.5, last + 0.5, exponent);
    total += weight;
    bands.push({ first, count, share: weight / count });
  };
  for (let rank = 1; rank <= Math.min(ranks, exactRanks); rank += 1) add(rank, rank);
  for (let first = exactRanks + 1; first <= ranks; ) {
    const last = Math.min(ranks, Math.max(first, Math.floor(first * WIDEN)));
    add(first, last);
    first = last + 1;
  }
  return bands.map(({ share, ...band }) => ({ ...band, share: share / total }));
}

function integral(from, to, exponent) {
  if (Math.abs(exponent - 1) < 1e-9) return Math.log(to / from);
  return (to ** (1 - exponent) - from ** (1 - exponent)) / (1 - exponent);
}

/** Adds up `of(share)` over all ranks, each with its share of the requests. */
export function sumOver(bands, of) {
  return bands.reduce((sum, { count, share }) => sum + count * of(share), 0);
}

/**
 * How many of the requests find their key in a memory of so many, which forgets the one that was not used for longest: all
 * keys are in it that came within its characteristic time (Che, Tung and Wang, 2002).
 */
export function hitRatio(bands, entries) {
  if (entries >= sumOver(bands, () => 1)) return 1;
  const held = (requests) => sumOver(bands, (share) => -Math.expm1(-share * requests));
  let [low, high] = [0, 1];
  while (held(high) < entries) [low, high] = [high, high * 2];
  for (let step = 0; step < 45; step += 1) {
    const middle = (low + high) / 2;
    if (held(middle) < entries) low = middle;
    else high = middle;
  }
  return sumOver(bands, (share) => share * -Math.expm1(-share * low));
}

/** Of what comes on average `mean` times: how often it comes more than `most` times. */
export function moreThan(mean, most) {
  let term = Math.exp(-mean);
  let sum = 0;
  for (let count = 0; count <= most; count += 1) {
    sum += term;
    term *= mean / (count + 1);
  }
  return Math.max(0, 1 - sum);
}
