/**
 * Finds slots of a table by a 32-bit hash: slots whose hashes share their upper bits hang in one chain, so that each can be
 * taken out of it wherever it is. Numbers in typed arrays, and nothing for the garbage collector; a slot is written as one
 * more than it is, so that memory which nobody has touched says "none" and is not there before it is needed.
 */
export class SlotIndex {
  private readonly first: Uint32Array;
  private readonly next: Uint32Array;
  private readonly before: Uint32Array;
  private readonly shift: number;

  constructor(capacity: number) {
    const bits = Math.max(1, Math.ceil(Math.log2(capacity)));
    this.first = new Uint32Array(2 ** bits);
    this.next = new Uint32Array(capacity);
    this.before = new Uint32Array(capacity);
    this.shift = 32 - bits;
  }

  /** The first slot in the chain of this hash, or -1. Others of the chain may have another hash. */
  head(hash: number): number {
    return (this.first[hash >>> this.shift] as number) - 1;
  }

  /** The next slot in its chain, or -1. */
  after(slot: number): number {
    return (this.next[slot] as number) - 1;
  }

  /** @param slot one that is in no chain. */
  add(slot: number, hash: number): void {
    const following = this.head(hash);
    this.next[slot] = following + 1;
    this.before[slot] = 0;
    if (following >= 0) this.before[following] = slot + 1;
    this.first[hash >>> this.shift] = slot + 1;
  }

  /** @param hash the one that it was added with. */
  remove(slot: number, hash: number): void {
    const following = this.after(slot);
    const before = (this.before[slot] as number) - 1;
    if (before >= 0) this.next[before] = following + 1;
    else if (this.head(hash) === slot) this.first[hash >>> this.shift] = following + 1;
    else throw new Error('the slot is not in the chain of this hash');
    if (following >= 0) this.before[following] = before + 1;
  }
}
