/**
 * For charges that come to be known one after the other, in any order of their places: the largest sum of the charges up to a
 * place, with what that place itself is worth. Only places that are open count. Adding and asking cost the logarithm of the
 * number of places.
 */
export class LargestSum {
  private readonly leaves: number;
  private readonly sums: Float64Array;
  private readonly best: Float64Array;
  private readonly worth: Float64Array;

  /** @param places how many there are; all closed, without a charge. */
  constructor(places: number) {
    this.leaves = 2 ** Math.ceil(Math.log2(Math.max(1, places)));
    this.sums = new Float64Array(2 * this.leaves);
    this.best = new Float64Array(2 * this.leaves).fill(Number.NEGATIVE_INFINITY);
    this.worth = new Float64Array(this.leaves).fill(Number.NEGATIVE_INFINITY);
  }

  charge(place: number, amount: number): void {
    this.sums[this.leaves + place] = this.sumAt(this.leaves + place) + amount;
    this.renew(place);
  }

  open(place: number, worth: number): void {
    this.worth[place] = worth;
    this.renew(place);
  }

  /** Minus infinity where no place is open. */
  largest(): number {
    return this.bestAt(1);
  }

  /** The place of `largest`, the first of several; 0 where none is open. */
  placeOfLargest(): number {
    let node = 1;
    while (node < this.leaves) {
      node = this.bestAt(2 * node) >= this.sumAt(2 * node) + this.bestAt(2 * node + 1) ? 2 * node : 2 * node + 1;
    }
    return node - this.leaves;
  }

  private renew(place: number): void {
    let node = this.leaves + place;
    this.best[node] = this.sumAt(node) + (this.worth[place] ?? Number.NEGATIVE_INFINITY);
    for (node >>= 1; node > 0; node >>= 1) {
      this.sums[node] = this.sumAt(2 * node) + this.sumAt(2 * node + 1);
      this.best[node] = Math.max(this.bestAt(2 * node), this.sumAt(2 * node) + this.bestAt(2 * node + 1));
    }
  }

  private sumAt(node: number): number {
    return this.sums[node] ?? 0;
  }

  private bestAt(node: number): number {
    return this.best[node] ?? Number.NEGATIVE_INFINITY;
  }
}
