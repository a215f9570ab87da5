import { RecordSlab } from './record-slab.js';
import { SlotIndex } from './slot-index.js';

const DIGEST_BYTES = 32;

/** What the table holds of a key. */
export interface KnownKey {
  readonly keyId: string;
  readonly organizationId: string;
  readonly revision: number;
  /** Its facts as they travel, serialised once; latin1 only. */
  readonly text: string;
}

/**
 * Digest -> key, for millions of them: numbers in typed arrays and one record each, some 350 bytes a key, none of which
 * the garbage collector visits (decision 0012). Full, it forgets a key that was not read since the last time round (the
 * CLOCK algorithm).
 *
 * A digest is found by a hash and then compared as a whole, so what is found is always of that digest. Ids are only
 * hashed: whoever forgets one may forget another one too, never less.
 */
export class KeyTable {
  private readonly records = new RecordSlab();
  private readonly seeds: readonly [number, number];
  private columns: Columns;
  /** Slots from here on were never used; those that are free again are in `vacant`. */
  private begun = 0;
  private vacant: number[] = [];
  private hand = 0;

  /** @param random 8 bytes, so that nobody can choose what shares a chain. */
  constructor(
    private readonly entriesMax: number,
    random: Buffer,
  ) {
    this.seeds = [random.readUInt32LE(0) | 1, random.readUInt32LE(4) | 1];
    this.columns = emptyColumns(entriesMax);
  }

  get size(): number {
    return this.begun - this.vacant.length;
  }

  /** @returns what the other methods call the key with this digest, until the next change; undefined where none is held. */
  find(digest: Buffer): number | undefined {
    const slot = this.slotOf(digest);
    if (slot !== undefined) this.columns.wasRead[slot] = 1;
    return slot;
  }

  revisionOf(slot: number): number {
    return this.columns.revisions[slot] as number;
  }

  textOf(slot: number): string {
    return this.records.read(this.columns.places[slot] as number);
  }

  /** Holds a key, in the place of what was held under its digest. Longer facts than any record may have are not held. */
  set(digest: Buffer, { keyId, organizationId, revision, text }: KnownKey): void {
    if (digest.length !== DIGEST_BYTES) throw new Error('a digest has 32 bytes');
    const held = this.slotOf(digest);
    if (held !== undefined) this.drop(held);
    if (this.records.isWasteful) this.clear();
    // First this: it may fail, and then nothing has changed.
    const place = this.records.store(text);
    if (place === undefined) return;
    const slot = this.takeSlot();
    const { byDigest, byKey, byOrganization, digests, revisions, places, keyHashes, organizationHashes } = this.columns;
    digest.copy(digests, slot * DIGEST_BYTES);
    revisions[slot] = revision;
    places[slot] = place;
    keyHashes[slot] = this.hashOfId(keyId);
    organizationHashes[slot] = this.hashOfId(organizationId);
    this.columns.wasRead[slot] = 0;
    byDigest.add(slot, this.hashOf(digest, 0));
    byKey.add(slot, keyHashes[slot] as number);
    byOrganization.add(slot, organizationHashes[slot] as number);
  }

  /** Forgets a key by all of its digests, or all keys of an organization. */
  forget(id: string): void {
    const hash = this.hashOfId(id);
    const { byKey, keyHashes, byOrganization, organizationHashes } = this.columns;
    this.dropChain(byKey, keyHashes, hash);
    this.dropChain(byOrganization, organizationHashes, hash);
  }

  clear(): void {
    this.records.clear();
    this.columns = emptyColumns(this.entriesMax);
    this.begun = 0;
    this.vacant = [];
    this.hand = 0;
  }

  private slotOf(digest: Buffer): number | undefined {
    const { byDigest, digests } = this.columns;
    for (let slot = byDigest.head(this.hashOf(digest, 0)); slot >= 0; slot = byDigest.after(slot)) {
      if (isAt(digests, slot * DIGEST_BYTES, digest)) return slot;
    }
    return undefined;
  }

  private dropChain(index: SlotIndex, hashes: Uint32Array, hash: number): void {
    for (let slot = index.head(hash); slot >= 0; ) {
      const following = index.after(slot);
      if (hashes[slot] === hash) this.drop(slot);
      slot = following;
    }
  }

  private drop(slot: number): void {
    const { byDigest, byKey, byOrganization, digests, places, keyHashes, organizationHashes } = this.columns;
    byDigest.remove(slot, this.hashOf(digests, slot * DIGEST_BYTES));
    byKey.remove(slot, keyHashes[slot] as number);
    byOrganization.remove(slot, organizationHashes[slot] as number);
    this.records.free(places[slot] as number);
    places[slot] = VACANT;
    this.vacant.push(slot);
  }

  private takeSlot(): number {
    if (this.size >= this.entriesMax) this.forgetOne();
    return this.vacant.pop() ?? this.begun++;
  }

  /** At most once round, and then one more: each step takes a mark away. */
  private forgetOne(): void {
    const { places, wasRead } = this.columns;
    for (;;) {
      const slot = this.hand;
      this.hand = slot + 1 < this.begun ? slot + 1 : 0;
      if (places[slot] === VACANT) continue;
      if (wasRead[slot] === 0) {
        this.drop(slot);
        return;
      }
      wasRead[slot] = 0;
    }
  }

  /** Of two of a digest's words, which are random already; the seeds make it another function in each process. */
  private hashOf(bytes: Buffer, offset: number): number {
    const [one, other] = this.seeds;
    return (Math.imul(bytes.readUInt32LE(offset), one) + Math.imul(bytes.readUInt32LE(offset + 4), other)) >>> 0;
  }

  private hashOfId(id: string): number {
    let hash = this.seeds[0];
    for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
    return Math.imul(hash ^ (hash >>> 15), this.seeds[1]) >>> 0;
  }
}

/** In `places`: no key is in this slot. */
const VACANT = 0xffff_ffff;

/** One number, or digest, for each slot. */
interface Columns {
  readonly byDigest: SlotIndex;
  readonly byKey: SlotIndex;
  readonly byOrganization: SlotIndex;
  readonly digests: Buffer;
  readonly revisions: Uint32Array;
  readonly places: Uint32Array;
  readonly keyHashes: Uint32Array;
  readonly organizationHashes: Uint32Array;
  /** 1: read since the hand went by. */
  readonly wasRead: Uint8Array;
}

/** Room for all: the system gives memory only for what is used of it. */
function emptyColumns(capacity: number): Columns {
  return {
    byDigest: new SlotIndex(capacity),
    byKey: new SlotIndex(capacity),
    byOrganization: new SlotIndex(capacity),
    digests: Buffer.alloc(capacity * DIGEST_BYTES),
    revisions: new Uint32Array(capacity),
    places: new Uint32Array(capacity),
    keyHashes: new Uint32Array(capacity),
    organizationHashes: new Uint32Array(capacity),
    wasRead: new Uint8Array(capacity),
  };
}

function isAt(digests: Buffer, start: number, digest: Buffer): boolean {
  for (let index = 0; index < DIGEST_BYTES; index++) {
    if (digests[start + index] !== digest[index]) return false;
  }
  return true;
}
