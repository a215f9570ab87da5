import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { AnnouncedChanges } from '@gatehouse/lease/announced-changes';
import type { ChangeMessage } from '@gatehouse/lease/change-message';
import { LRUCache } from 'lru-cache';

/**
 * The keys that a gateway may answer for under its lease, by digest (as text of 32 latin1 characters), a bounded number
 * of them. What has changed is forgotten by the id of the key, or of the organization with all its keys.
 */
export class RememberedKeys {
  private readonly facts: LRUCache<string, KeyFacts>;
  /** Id of a key, or of an organization -> digests. The two kinds of id begin differently. */
  private readonly digestsOf = new Map<string, Set<string>>();
  private forgettingsSoFar = 0;

  constructor(
    entriesMax: number,
    private readonly announced: AnnouncedChanges,
  ) {
    this.facts = new LRUCache({
      max: entriesMax,
      dispose: ({ keyId, organizationId }, digest) => {
        this.unlink(keyId, digest);
        this.unlink(organizationId, digest);
      },
    });
  }

  get size(): number {
    return this.facts.size;
  }

  /** Grows with every change that is heard of: a load during which it has grown may be of before that change. */
  get forgettings(): number {
    return this.forgettingsSoFar;
  }

  find(digest: string): KeyFacts | undefined {
    return this.facts.get(digest);
  }

  /** Remembers a key, unless a change of it is announced. */
  remember(digest: string, facts: KeyFacts): void {
    if (this.announced.concern(facts.keyId) || this.announced.concern(facts.organizationId)) return;
    this.facts.set(digest, facts);
    this.link(facts.keyId, digest);
    this.link(facts.organizationId, digest);
  }

  /** Hears of a change that is about to be made, or was. */
  hear({ kind, changeId, ids }: ChangeMessage): void {
    if (kind === 'announced') this.announced.add(changeId, ids);
    else this.announced.end(changeId, ids);
    for (const id of ids) this.evict(id);
  }

  /** Forgets a key, or all keys of an organization. */
  evict(id: string): void {
    this.forgettingsSoFar++;
    for (const digest of [...(this.digestsOf.get(id) ?? [])]) this.facts.delete(digest);
  }

  clear(): void {
    this.forgettingsSoFar++;
    this.facts.clear();
  }

  private link(id: string, digest: string): void {
    const digests = this.digestsOf.get(id);
    if (digests === undefined) this.digestsOf.set(id, new Set([digest]));
    else digests.add(digest);
  }

  private unlink(id: string, digest: string): void {
    const digests = this.digestsOf.get(id);
    if (digests === undefined) return;
    digests.delete(digest);
    if (digests.size === 0) this.digestsOf.delete(id);
  }
}
