import type { Allotment, AllotOutcome } from '@gatehouse/limit-domain/allotment';
import type { SubjectLimits } from '@gatehouse/limit-domain/limit';
import { decodeSubjects, decodeWindows, encodeWindows, WINDOW_BYTES } from './limit-records.js';
import { MalformedRecord, RecordReader } from './record-reader.js';

const VERSION = 1;
const ID_BYTES = 16;
const KIND = { none: 0, allotted: 1 } as const;

/** Units to charge ahead, or to give back: of every window of every subject. */
export interface AllotQuery extends Allotment {
  readonly subjects: readonly SubjectLimits[];
}

/** The same record goes both ways. @param queries `subjects` as `encodeSubjects` has written them */
export function encodeAllotments(queries: readonly (Allotment & { readonly subjects: Buffer })[]): Buffer {
  const head = Buffer.allocUnsafe(3);
  head[0] = VERSION;
  head.writeUInt16LE(queries.length, 1);
  const parts: Buffer[] = [head];
  for (const { id, units, subjects } of queries) {
    if (!/^[0-9a-f]{32}$/.test(id)) throw new RangeError('the id of an allotment is 32 hexadecimal digits');
    const bytes = Buffer.allocUnsafe(ID_BYTES + 4);
    bytes.write(id, 'hex');
    bytes.writeUInt32LE(units, ID_BYTES);
    parts.push(bytes, subjects);
  }
  return Buffer.concat(parts);
}

/** @throws MalformedRecord */
export function decodeAllotments(payload: Uint8Array): AllotQuery[] {
  const reader = new RecordReader(payload);
  const count = readCount(reader);
  const queries: AllotQuery[] = [];
  for (let index = 0; index < count; index++) {
    const id = reader.raw(ID_BYTES).toString('hex');
    queries.push({ id, units: reader.u32(), subjects: decodeSubjects(reader) });
  }
  reader.end();
  return queries;
}

/** Layout: version, count u16, then for each query its kind u8, and where units were allotted: endsInMs u32, windows. */
export function encodeAllotReplies(replies: readonly AllotOutcome[]): Buffer {
  let size = 3;
  for (const reply of replies) size += reply.kind === 'none' ? 1 : 6 + reply.windows.length * WINDOW_BYTES;
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = VERSION;
  let offset = bytes.writeUInt16LE(replies.length, 1);
  for (const reply of replies) {
    bytes[offset++] = KIND[reply.kind];
    if (reply.kind === 'none') continue;
    offset = bytes.writeUInt32LE(Math.max(0, Math.min(0xffff_ffff, Math.floor(reply.endsInMs))), offset);
    offset = encodeWindows(bytes, offset, reply.windows);
  }
  return bytes;
}

/** @throws MalformedRecord, also where the replies do not answer these queries. */
export function decodeAllotReplies(payload: Uint8Array, asked: readonly (readonly SubjectLimits[])[]): AllotOutcome[] {
  const reader = new RecordReader(payload);
  if (readCount(reader) !== asked.length) throw new MalformedRecord('the number of replies is not that of the queries');
  const replies = asked.map((subjects): AllotOutcome => {
    const kind = reader.u8();
    if (kind === KIND.none) return { kind: 'none' };
    if (kind !== KIND.allotted) throw new MalformedRecord(`no outcome has the code ${kind}`);
    const endsInMs = reader.u32();
    return { kind: 'allotted', endsInMs, windows: decodeWindows(reader, subjects) };
  });
  reader.end();
  return replies;
}

function readCount(reader: RecordReader): number {
  const version = reader.u8();
  if (version !== VERSION) throw new MalformedRecord(`version ${version} of the record is not spoken here`);
  return reader.u16();
}
