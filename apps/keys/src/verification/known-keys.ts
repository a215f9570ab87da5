import { LRUCache } from 'lru-cache';

/** What is remembered of a key: enough to answer without reading it again. */
export interface KnownKey {
  readonly keyId: string;
  readonly revision: number;
  /** The facts, serialised once. */
  readonly bytes: Buffer;
}

/** Digest (as text of 32 latin1 characters) -> key. A digest that is not in it belongs to no key. */
export type FoundKeys = ReadonlyMap<string, KnownKey>;

/** A question to the database that is on its way. */
export interface Load {
  /** Never rejects: undefined where the database did not answer. */
  readonly found: Promise<FoundKeys | undefined>;
}

/**
 * The keys that this replica remembers, and the loads that are under way. What is evicted while it is being loaded is
 * answered to those who wait, but not remembered, and nobody joins that load any more: a question that is asked after
 * a change must not get an answer from before it. Keys that do not exist are never remembered.
 */
export class KnownKeys {
  private readonly cache: LRUCache<string, KnownKey>;
  private readonly digestOf = new Map<string, string>();
  private readonly underWay = new Set<{ readonly evicted: Set<string>; discarded: boolean }>();
  private readonly joinable = new Map<string, Load>();

  constructor(entriesMax: number) {
    this.cache = new LRUCache({
      max: entriesMax,
      dispose: (known, digest) => {
        if (this.digestOf.get(known.keyId) === digest) this.digestOf.delete(known.keyId);
      },
    });
  }

  get size(): number {
    return this.cache.size;
  }

  get loadsUnderWay(): number {
    return this.underWay.size;
  }

  read(digest: string): KnownKey | undefined {
    return this.cache.get(digest);
  }

  /** The load that will tell about this digest, if there is one that began after the last change. */
  loadOf(digest: string): Load | undefined {
    return this.joinable.get(digest);
  }

  /**
   * Begins a load of some digests.
   * @param mayRemember asked before and after: what is loaded without a lease is not remembered and not joined.
   */
  load(digests: readonly string[], mayRemember: () => boolean, ask: () => Promise<FoundKeys>): Load {
    const leased = mayRemember();
    const own = { evicted: new Set<string>(), discarded: !leased };
    this.underWay.add(own);
    const found = ask()
      .then((keys) => {
        if (!own.discarded && mayRemember()) this.remember(keys, own.evicted);
        return keys;
      })
      .catch(() => undefined)
      .finally(() => {
        this.underWay.delete(own);
        for (const digest of digests) if (this.joinable.get(digest) === load) this.joinable.delete(digest);
      });
    const load: Load = { found };
    if (leased) for (const digest of digests) this.joinable.set(digest, load);
    return load;
  }

  /** Forgets a key that has changed. */
  evict(keyId: string): void {
    const digest = this.digestOf.get(keyId);
    if (digest !== undefined) this.cache.delete(digest);
    for (const load of this.underWay) load.evicted.add(keyId);
    this.joinable.clear();
  }

  /** Forgets everything. */
  clear(): void {
    this.cache.clear();
    this.digestOf.clear();
    for (const load of this.underWay) load.discarded = true;
    this.joinable.clear();
  }

  private remember(keys: FoundKeys, evicted: ReadonlySet<string>): void {
    for (const [digest, known] of keys) {
      if (evicted.has(known.keyId)) continue;
      // One digest for each key at most, so that evicting by key id leaves nothing behind.
      const earlier = this.digestOf.get(known.keyId);
      if (earlier !== undefined && earlier !== digest) this.cache.delete(earlier);
      this.cache.set(digest, known);
      this.digestOf.set(known.keyId, digest);
    }
  }
}
