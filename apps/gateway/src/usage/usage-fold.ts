import { addToKey, type CallersLeft, type KeyFold, newKeyFold } from './key-fold.js';
import type { Use } from './use.js';

/** Bounds of what is held between two reports; beyond them only what was left out is counted. */
export const FOLD_BOUNDS = { keys: 60_000, callers: 20_000, logged: 2_000, loggedOfKey: 200 } as const;

/** A key with no more uses than this comes seldom, where there are more keys than can be told of one by one. */
const SELDOM_USES_MAX = 16;
const KEYS_WHOLE = 200;

/** What a fold comes to: keys of which everything is told, and single uses of keys that came seldom. */
export interface Folded {
  readonly keys: readonly KeyFold[];
  readonly seldom: readonly Use[];
}

/**
 * Usage since the last report. The first uses of a key are kept as they are; from then on they are added up, so that a key
 * which comes often costs no more memory, and one that comes once hardly any time. `add` runs for every request of the
 * data plane.
 */
export class UsageFold {
  private readonly few = new Map<string, Use[]>();
  private readonly many = new Map<string, KeyFold>();
  /** Requests that were not counted at all; requests whose caller was not kept; requests that are not in the log. */
  readonly leftOut = { requests: 0, callers: 0, logged: 0 };
  private readonly callers: CallersLeft;
  private logged = 0;
  private counted = 0;

  constructor(private readonly bounds: Readonly<Record<keyof typeof FOLD_BOUNDS, number>> = FOLD_BOUNDS) {
    this.callers = { left: bounds.callers };
  }

  /** How many requests are counted. */
  get requests(): number {
    return this.counted;
  }

  add(use: Use): void {
    const known = this.many.get(use.keyId);
    const few = known === undefined ? this.few.get(use.keyId) : undefined;
    if (known === undefined && few === undefined && this.few.size + this.many.size >= this.bounds.keys) {
      this.leftOut.requests++;
      return;
    }
    this.counted++;
    use.logged = this.takePlaceInLog((known?.log ?? few)?.length ?? 0);
    if (known !== undefined) this.addTo(known, use);
    else if (few === undefined) this.few.set(use.keyId, [use]);
    else if (few.length < SELDOM_USES_MAX) few.push(use);
    else this.addUp([...few, use]);
  }

  /**
   * Takes the fold apart; it is used no more. Uses of a secret that is being replaced are always told with their key: who
   * still uses it is what somebody is waiting to see.
   */
  end(): Folded {
    const all = this.many.size + this.few.size <= KEYS_WHOLE;
    const seldom: Use[] = [];
    for (const uses of this.few.values()) {
      if (all || uses.some(({ retiring }) => retiring)) this.addUp(uses);
      else seldom.push(...uses);
    }
    return { keys: [...this.many.values()], seldom };
  }

  private addUp(uses: readonly Use[]): void {
    const [first] = uses;
    if (first === undefined) return;
    const key = newKeyFold(first);
    this.few.delete(key.keyId);
    this.many.set(key.keyId, key);
    for (const use of uses) this.addTo(key, use);
  }

  private addTo(key: KeyFold, use: Use): void {
    const missing = addToKey(key, use, this.callers);
    if (missing === 'caller') this.leftOut.callers++;
    if (missing !== 'request') return;
    this.counted--;
    this.leftOut.requests++;
  }

  private takePlaceInLog(loggedOfKey: number): boolean {
    const isFree = loggedOfKey < this.bounds.loggedOfKey && this.logged < this.bounds.logged;
    if (isFree) this.logged++;
    else this.leftOut.logged++;
    return isFree;
  }
}
