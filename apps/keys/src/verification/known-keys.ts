import { randomBytes } from 'node:crypto';
import type { EncodedVerifyReply } from '@gatehouse/contracts/verify-records';
import type { AnnouncedChanges } from '@gatehouse/lease/announced-changes';
import type { ChangeMessage } from '@gatehouse/lease/change-message';
import { KeyTable, type KnownKey } from './key-table.js';

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
 * a change must not get an answer from before it. While a change is announced, its key is not remembered at all, and no
 * load is joined. Keys that do not exist are never remembered.
 */
export class KnownKeys {
  private readonly table: KeyTable;
  private readonly underWay = new Set<{ readonly evicted: Set<string>; discarded: boolean }>();
  private readonly joinable = new Map<string, Load>();

  constructor(
    entriesMax: number,
    private readonly announced: AnnouncedChanges,
  ) {
    this.table = new KeyTable(entriesMax, randomBytes(8));
  }

  get size(): number {
    return this.table.size;
  }

  get loadsUnderWay(): number {
    return this.underWay.size;
  }

  /** What an asker who knows this revision is to be told; undefined where the key is not remembered. */
  replyTo(digest: Buffer, knownRevision: number): EncodedVerifyReply | undefined {
    const held = this.table.find(digest);
    if (held === undefined) return undefined;
    return this.table.revisionOf(held) === knownRevision ? 'unchanged' : { text: this.table.textOf(held) };
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
    if (leased && !this.announced.any) for (const digest of digests) this.joinable.set(digest, load);
    return load;
  }

  /** Forgets a key that has changed, or all keys of an organization that has. */
  evict(id: string): void {
    this.table.forget(id);
    for (const load of this.underWay) load.evicted.add(id);
    this.joinable.clear();
  }

  /** Hears of a change that is about to be made, or was. */
  hear({ kind, changeId, ids }: ChangeMessage): void {
    if (kind === 'announced') this.announced.add(changeId, ids);
    else this.announced.end(changeId, ids);
    for (const id of ids) this.evict(id);
  }

  /** Forgets everything. */
  clear(): void {
    this.table.clear();
    for (const load of this.underWay) load.discarded = true;
    this.joinable.clear();
  }

  private remember(keys: FoundKeys, evicted: ReadonlySet<string>): void {
    for (const [digest, key] of keys) {
      if (evicted.has(key.keyId) || evicted.has(key.organizationId)) continue;
      if (this.announced.concern(key.keyId) || this.announced.concern(key.organizationId)) continue;
      this.table.set(Buffer.from(digest, 'latin1'), key);
    }
  }
}
