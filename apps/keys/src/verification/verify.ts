import {
  decodeVerifyQueries,
  type EncodedVerifyReply,
  encodeFacts,
  encodeVerifyReplies,
  type VerifyQuery,
} from '@gatehouse/contracts/verify-records';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { LeaseView } from '@gatehouse/lease/lease';
import type { KnownKey } from './key-table.js';
import type { FoundKeys, KnownKeys, Load } from './known-keys.js';

/** Questions to the database at one time; beyond, the answer is `unavailable` rather than a queue without end. */
const LOADS_MAX = 256;

export interface VerifyPorts {
  /** Lease holder id of this replica, which every answer names. */
  readonly replicaId: string;
  readonly known: KnownKeys;
  /** The number of the last change that what is known here has certainly followed. */
  readonly asOfSeq: () => number;
  readonly lease: LeaseView;
  /** One question for all digests (latin1 texts). Throws where the database does not answer. */
  readonly findFacts: (digests: readonly string[]) => Promise<ReadonlyMap<string, KeyFacts>>;
  /** Told about each batch when its replies are known. */
  readonly counted: (replies: readonly EncodedVerifyReply[], remembered: number) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Answers a batch of verification queries. Keys that are remembered under a valid lease are answered from memory; all
 * others with one question to PostgreSQL. A fault of the database makes `unavailable`, never `unknown`.
 * @throws MalformedRecord
 */
export async function verifyBatch(payload: Uint8Array, ports: VerifyPorts): Promise<Uint8Array> {
  const queries = decodeVerifyQueries(payload);
  // Before anything is looked up: what is found later is at least as new.
  const asOfSeq = ports.asOfSeq();
  const replies = new Array<EncodedVerifyReply>(queries.length);
  const missing = replyFromMemory(queries, replies, ports);
  if (missing.length > 0) await replyFromLoads(missing, queries, replies, ports);
  ports.counted(replies, queries.length - missing.length);
  return encodeVerifyReplies(ports.replicaId, replies, asOfSeq);
}

/** @returns the places that are still without a reply. */
function replyFromMemory(
  queries: readonly VerifyQuery[],
  replies: EncodedVerifyReply[],
  { known, lease }: VerifyPorts,
): number[] {
  const missing: number[] = [];
  queries.forEach(({ digest, knownRevision }, place) => {
    const reply = known.replyTo(digest, knownRevision);
    if (reply === undefined) missing.push(place);
    else replies[place] = reply;
  });
  // Only now: had the process stood still between reading and checking, an entry could be older than the lease.
  if (lease.isValid()) return missing;
  return queries.map((_, place) => place);
}

async function replyFromLoads(
  missing: readonly number[],
  queries: readonly VerifyQuery[],
  replies: EncodedVerifyReply[],
  ports: VerifyPorts,
): Promise<void> {
  const asked = missing.map((place) => {
    const { digest, knownRevision } = queries[place] as VerifyQuery;
    return { place, digest: digest.toString('latin1'), knownRevision };
  });
  const loads = joinOrLoad([...new Set(asked.map(({ digest }) => digest))], ports);
  for (const { place, digest, knownRevision } of asked) {
    const found = await loads.get(digest)?.found;
    const key = found?.get(digest);
    if (found === undefined) replies[place] = 'unavailable';
    else if (key === undefined) replies[place] = 'unknown';
    else replies[place] = key.revision === knownRevision ? 'unchanged' : key;
  }
}

/** Joins loads that are under way where the lease allows it; asks for all the rest at once. */
function joinOrLoad(digests: readonly string[], ports: VerifyPorts): Map<string, Load> {
  const { known, lease } = ports;
  const leased = lease.isValid();
  const loads = new Map<string, Load>();
  const asked: string[] = [];
  for (const digest of digests) {
    const joined = leased ? known.loadOf(digest) : undefined;
    if (joined === undefined) asked.push(digest);
    else loads.set(digest, joined);
  }
  if (asked.length === 0 || known.loadsUnderWay >= LOADS_MAX) return loads;
  const load = known.load(
    asked,
    () => lease.isValid(),
    () => findKeys(asked, ports),
  );
  for (const digest of asked) loads.set(digest, load);
  return loads;
}

async function findKeys(digests: readonly string[], { findFacts, failed }: VerifyPorts): Promise<FoundKeys> {
  try {
    const keys = new Map<string, KnownKey>();
    for (const [digest, facts] of await findFacts(digests)) {
      const { keyId, organizationId, revision } = facts;
      keys.set(digest, { keyId, organizationId, revision, text: encodeFacts(facts).text });
    }
    return keys;
  } catch (error) {
    failed(error);
    throw error;
  }
}
