import type { KeyFacts } from '@gatehouse/key-domain/key';
import { readFacts, writeFacts } from './facts-record.js';
import { MalformedRecord, RecordReader } from './record-reader.js';

const VERSION = 5;
const DIGEST_BYTES = 32;
const QUERY_BYTES = DIGEST_BYTES + 4;
const REPLICA_ID_BYTES = 16;
const AS_OF_AT = 3 + REPLICA_ID_BYTES;
const REPLIES_HEADER_BYTES = AS_OF_AT + 8;

/**
 * Asks for the key with this digest. `knownRevision` works as `If-None-Match` does: the asker still holds the facts of
 * that revision (0: none), so that an unchanged key is confirmed with one byte. The query itself is never skipped.
 */
export interface VerifyQuery {
  /** SHA-256 of the secret. */
  readonly digest: Buffer;
  readonly knownRevision: number;
}

/** `unavailable`: the service could not find out, so nobody may be let through, and nobody told that the key is bad. */
export type VerifyReply =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'facts'; readonly facts: KeyFacts }
  | { readonly kind: 'unavailable' };

/** The replies to a batch, in the order of its queries. */
export interface VerifyReplies {
  /** Lease holder id of the replica that wrote them: says whom to ask next, and nothing about the replies. */
  readonly replicaId: string;
  /**
   * The number of the last change that its replica had certainly applied when it began to answer: no reply is older than
   * that. 0: nothing is known.
   */
  readonly asOfSeq: number;
  readonly replies: readonly VerifyReply[];
}

/**
 * One key's facts as they travel, serialised once and kept beside the cached key: text, since a million small buffers
 * cost a hundred bytes more each.
 */
export interface EncodedFacts {
  /** Latin1 only. */
  readonly text: string;
}

/** What the keys service sends for each query. */
export type EncodedVerifyReply = 'unknown' | 'unchanged' | 'unavailable' | EncodedFacts;

const KIND_CODE = { unknown: 0, unchanged: 1, facts: 2, unavailable: 3 } as const;

export function encodeFacts(facts: KeyFacts): EncodedFacts {
  return { text: writeFacts(facts) };
}

export function encodeVerifyQueries(queries: readonly VerifyQuery[]): Buffer {
  const bytes = Buffer.allocUnsafe(3 + queries.length * QUERY_BYTES);
  bytes[0] = VERSION;
  bytes.writeUInt16LE(queries.length, 1);
  let offset = 3;
  for (const query of queries) {
    query.digest.copy(bytes, offset, 0, DIGEST_BYTES);
    bytes.writeUInt32LE(query.knownRevision, offset + DIGEST_BYTES);
    offset += QUERY_BYTES;
  }
  return bytes;
}

/** @throws MalformedRecord */
export function decodeVerifyQueries(payload: Uint8Array): VerifyQuery[] {
  const reader = new RecordReader(payload);
  checkVersion(reader);
  const count = reader.u16();
  const queries: VerifyQuery[] = [];
  for (let index = 0; index < count; index++) {
    queries.push({ digest: reader.raw(DIGEST_BYTES), knownRevision: reader.u32() });
  }
  reader.end();
  return queries;
}

/** @param replicaId 32 hexadecimal digits */
export function encodeVerifyReplies(replicaId: string, replies: readonly EncodedVerifyReply[], asOfSeq = 0): Buffer {
  let size = REPLIES_HEADER_BYTES;
  for (const reply of replies) size += typeof reply === 'string' ? 1 : 5 + reply.text.length;
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = VERSION;
  bytes.writeUInt16LE(replies.length, 1);
  // What is not written here would be whatever that memory held before.
  if (replicaId.length !== 2 * REPLICA_ID_BYTES || bytes.write(replicaId, 3, 'hex') !== REPLICA_ID_BYTES) {
    throw new Error('a replica id is 32 hexadecimal digits');
  }
  bytes.writeUInt32LE(asOfSeq % 2 ** 32, AS_OF_AT);
  bytes.writeUInt32LE(Math.floor(asOfSeq / 2 ** 32), AS_OF_AT + 4);
  let offset = REPLIES_HEADER_BYTES;
  for (const reply of replies) {
    if (typeof reply === 'string') {
      bytes[offset++] = KIND_CODE[reply];
    } else {
      bytes[offset++] = KIND_CODE.facts;
      bytes.writeUInt32LE(reply.text.length, offset);
      offset += 4 + bytes.write(reply.text, offset + 4, 'latin1');
    }
  }
  return bytes;
}

/** @throws MalformedRecord, also where the number of replies is not `expected`. */
export function decodeVerifyReplies(payload: Uint8Array, expected: number): VerifyReplies {
  const reader = new RecordReader(payload);
  checkVersion(reader);
  if (reader.u16() !== expected) throw new MalformedRecord('the number of replies is not that of the queries');
  const replicaId = reader.raw(REPLICA_ID_BYTES).toString('hex');
  const asOfSeq = reader.safeInteger();
  const replies: VerifyReply[] = [];
  for (let index = 0; index < expected; index++) replies.push(decodeReply(reader));
  reader.end();
  return { replicaId, asOfSeq, replies };
}

function decodeReply(reader: RecordReader): VerifyReply {
  const code = reader.u8();
  switch (code) {
    case KIND_CODE.unknown:
      return { kind: 'unknown' };
    case KIND_CODE.unchanged:
      return { kind: 'unchanged' };
    case KIND_CODE.unavailable:
      return { kind: 'unavailable' };
    case KIND_CODE.facts:
      return { kind: 'facts', facts: readFacts(reader.latin1(reader.u32())) };
    default:
      throw new MalformedRecord(`no reply has the code ${code}`);
  }
}

function checkVersion(reader: RecordReader): void {
  const version = reader.u8();
  if (version !== VERSION) throw new MalformedRecord(`version ${version} of the record is not spoken here`);
}
