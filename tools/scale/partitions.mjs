import { quantile } from './delays.mjs';
import { zipfBands } from './zipf.mjs';

/** Beyond this rank an organization is too small to make a partition uneven: those are spread evenly. */
const ONE_BY_ONE = 10_000;

/**
 * Organizations laid on partitions by a hash of their names. With one organization a partition can be no smaller than it is.
 * @param exponent of Zipf's law for the requests of the organizations.
 * @returns the share of the hottest organization, and that of the busiest partition divided by an even one (median of some
 * ways to lay them, and the worst of ten).
 */
export function simulatePartitions({ organizations, exponent, partitions, tries = 10, random }) {
  const bands = zipfBands(organizations, exponent, ONE_BY_ONE);
  const single = bands.filter(({ first }) => first <= ONE_BY_ONE).map(({ share }) => share);
  const rest = 1 - single.reduce((sum, share) => sum + share, 0);
  const unevenness = Array.from({ length: tries }, () => {
    const loads = new Float64Array(partitions).fill(rest / partitions);
    for (const share of single) loads[Math.floor(random.next() * partitions)] += share;
    return Math.max(...loads) * partitions;
  });
  return {
    hottestShare: single[0],
    busiest: { median: quantile(unevenness, 0.5), worst: quantile(unevenness, 1) },
  };
}
