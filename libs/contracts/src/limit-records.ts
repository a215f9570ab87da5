import type { LimitOutcome, ShadowRefusal, SubjectLimits, WindowState } from '@gatehouse/limit-domain/limit';
import { decodeLimit, encodeLimit } from './limit-record.js';
import { MalformedRecord, RecordReader } from './record-reader.js';

const VERSION = 1;
const OUTCOME = { allowed: 0, refused: 1, unavailable: 2 } as const;
/** Set in the code of an outcome where limits in shadow would have refused: which ones follows it. */
const WITH_SHADOW = 0x80;
/** Set in the code of `allowed` where the store is not certain. */
const UNCERTAIN = 0x40;

/** One request to charge: every window of every subject, or none. */
export interface TakeQuery {
  readonly cost: number;
  readonly subjects: readonly SubjectLimits[];
}

/** `unavailable`: the store did not answer; the asker's `limiterOutage` decides. */
export type TakeReply = LimitOutcome | { readonly kind: 'unavailable' };

/**
 * The subjects of a query as bytes: they stay the same from request to request of one key, so the asker keeps them.
 * Layout: count u8, then for each subject its name (u8 length, latin1), count u8, and its limits (limit-record.ts).
 */
export function encodeSubjects(subjects: readonly SubjectLimits[]): Buffer {
  const parts: Buffer[] = [Buffer.from([subjects.length])];
  for (const { subject, limits } of subjects) {
    if (subject.length > 255) throw new RangeError('the name of a subject has 255 characters at most');
    parts.push(Buffer.from([subject.length]), Buffer.from(subject, 'latin1'), Buffer.from([limits.length]));
    parts.push(...limits.map(encodeLimit));
  }
  return Buffer.concat(parts);
}

export function encodeTakeQueries(queries: readonly { readonly cost: number; readonly subjects: Buffer }[]): Buffer {
  let size = 3;
  for (const query of queries) size += 4 + query.subjects.length;
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = VERSION;
  bytes.writeUInt16LE(queries.length, 1);
  let offset = 3;
  for (const query of queries) {
    bytes.writeUInt32LE(query.cost, offset);
    offset += 4 + query.subjects.copy(bytes, offset + 4);
  }
  return bytes;
}

/** @throws MalformedRecord */
export function decodeTakeQueries(payload: Uint8Array): TakeQuery[] {
  const reader = new RecordReader(payload);
  checkVersion(reader);
  const count = reader.u16();
  const queries: TakeQuery[] = [];
  for (let index = 0; index < count; index++) queries.push({ cost: reader.u32(), subjects: decodeSubjects(reader) });
  reader.end();
  return queries;
}

/** @throws MalformedRecord */
export function decodeSubjects(reader: RecordReader): SubjectLimits[] {
  const subjects: SubjectLimits[] = [];
  for (let left = reader.u8(); left > 0; left--) {
    const subject = reader.latin1(reader.u8());
    const limits = [];
    for (let windows = reader.u8(); windows > 0; windows--) limits.push(decodeLimit(reader));
    subjects.push({ subject, limits });
  }
  return subjects;
}

/** @param asked the queries that are answered: limits in shadow are named by their places in them. */
export function encodeTakeReplies(replies: readonly TakeReply[], asked: readonly TakeQuery[]): Buffer {
  let size = 3;
  for (const reply of replies) size += sizeOf(reply);
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = VERSION;
  bytes.writeUInt16LE(replies.length, 1);
  let offset = 3;
  replies.forEach((reply, index) => {
    const shadowRefusals = shadowRefusalsOf(reply);
    bytes[offset++] = codeOf(reply);
    if (reply.kind === 'unavailable') return;
    offset = bytes.writeUInt32LE(reply.kind === 'refused' ? reply.retryAfterSeconds : 0, offset);
    offset = encodeWindows(bytes, offset, reply.windows);
    if (shadowRefusals.length === 0) return;
    const places = placesOf(shadowRefusals, asked[index]?.subjects ?? []);
    bytes[offset++] = places.length;
    for (const place of places) bytes[offset++] = place;
  });
  return bytes;
}

/** What one window takes beside the number of them. */
export const WINDOW_BYTES = 8;

/** Writes how windows stand: count u8, then for each of them remaining u32, resetAtSeconds u32. @returns where it ends */
export function encodeWindows(bytes: Buffer, offset: number, windows: readonly WindowState[]): number {
  let end = bytes.writeUInt8(windows.length, offset);
  for (const window of windows) {
    end = bytes.writeUInt32LE(window.remaining, end);
    end = bytes.writeUInt32LE(window.resetAtSeconds, end);
  }
  return end;
}

function codeOf(reply: TakeReply): number {
  if (reply.kind !== 'allowed') return OUTCOME[reply.kind];
  return (
    OUTCOME.allowed |
    (shadowRefusalsOf(reply).length > 0 ? WITH_SHADOW : 0) |
    (reply.isUncertain === true ? UNCERTAIN : 0)
  );
}

function sizeOf(reply: TakeReply): number {
  if (reply.kind === 'unavailable') return 1;
  const shadows = shadowRefusalsOf(reply).length;
  return 6 + reply.windows.length * WINDOW_BYTES + (shadows === 0 ? 0 : 1 + shadows);
}

const NO_SHADOW: readonly ShadowRefusal[] = [];

function shadowRefusalsOf(reply: TakeReply): readonly ShadowRefusal[] {
  return (reply.kind === 'allowed' ? reply.shadowRefusals : undefined) ?? NO_SHADOW;
}

function placesOf(refusals: readonly ShadowRefusal[], subjects: readonly SubjectLimits[]): number[] {
  const limits = flatLimits(subjects);
  return refusals.map(({ subject, limit }) =>
    limits.findIndex((one) => one.subject === subject && one.limit === limit),
  );
}

function flatLimits(subjects: readonly SubjectLimits[]): ShadowRefusal[] {
  return subjects.flatMap(({ subject, limits }) => limits.map((limit) => ({ subject, limit })));
}

/**
 * Window states come back as numbers only; their subjects and quotas are those that the query named, in its order.
 * @throws MalformedRecord, also where the replies do not answer these queries.
 */
export function decodeTakeReplies(payload: Uint8Array, asked: readonly (readonly SubjectLimits[])[]): TakeReply[] {
  const reader = new RecordReader(payload);
  checkVersion(reader);
  if (reader.u16() !== asked.length) throw new MalformedRecord('the number of replies is not that of the queries');
  const replies = asked.map((subjects) => decodeReply(reader, subjects));
  reader.end();
  return replies;
}

function decodeReply(reader: RecordReader, subjects: readonly SubjectLimits[]): TakeReply {
  const code = reader.u8();
  if (code === OUTCOME.unavailable) return { kind: 'unavailable' };
  const retryAfterSeconds = reader.u32();
  const windows = decodeWindows(reader, subjects);
  if (code === OUTCOME.allowed) return { kind: 'allowed', windows };
  if (code === OUTCOME.refused) return { kind: 'refused', windows, retryAfterSeconds };
  if ((code & ~(WITH_SHADOW | UNCERTAIN)) !== OUTCOME.allowed) {
    throw new MalformedRecord(`no outcome has the code ${code}`);
  }
  return {
    kind: 'allowed',
    windows,
    ...((code & WITH_SHADOW) === 0 ? {} : { shadowRefusals: decodeShadowRefusals(reader, subjects) }),
    ...((code & UNCERTAIN) === 0 ? {} : { isUncertain: true }),
  };
}

/** @throws MalformedRecord where these are not the windows of these subjects. */
export function decodeWindows(reader: RecordReader, subjects: readonly SubjectLimits[]): WindowState[] {
  let left = reader.u8();
  const windows: WindowState[] = [];
  for (const { subject, limits } of subjects) {
    for (const { windowSeconds, quota, burst, shadow } of limits) {
      if (shadow === true) continue;
      if (left-- === 0) throw new MalformedRecord('a window of the query has no answer');
      const remaining = reader.u32();
      const resetAtSeconds = reader.u32();
      if (burst === undefined) windows.push({ subject, windowSeconds, quota, remaining, resetAtSeconds });
      else windows.push({ subject, windowSeconds, quota, capacity: burst, remaining, resetAtSeconds });
    }
  }
  if (left !== 0) throw new MalformedRecord('there are more windows than the query named');
  return windows;
}

function decodeShadowRefusals(reader: RecordReader, subjects: readonly SubjectLimits[]): ShadowRefusal[] {
  const limits = flatLimits(subjects);
  const refusals: ShadowRefusal[] = [];
  for (let left = reader.u8(); left > 0; left--) {
    const refusal = limits[reader.u8()];
    if (refusal === undefined) throw new MalformedRecord('a limit in shadow was refused that the query did not name');
    refusals.push(refusal);
  }
  return refusals;
}

function checkVersion(reader: RecordReader): void {
  const version = reader.u8();
  if (version !== VERSION) throw new MalformedRecord(`version ${version} of the record is not spoken here`);
}
