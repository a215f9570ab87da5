import type { AllotOutcome } from '@gatehouse/limit-domain/allotment';
import { describe, expect, it } from '@jest/globals';
import {
  type AllotQuery,
  decodeAllotments,
  decodeAllotReplies,
  encodeAllotments,
  encodeAllotReplies,
} from './allotment-records.js';
import { encodeSubjects } from './limit-records.js';
import { MalformedRecord } from './record-reader.js';

const subjects = [
  { subject: 'key:a', limits: [1, 60].map((windowSeconds) => ({ windowSeconds, quota: 1_000 })) },
  { subject: 'org:a', limits: [{ windowSeconds: 86_400, quota: 4_000_000_000 }] },
];
const queries: readonly AllotQuery[] = [
  { id: '00ff'.repeat(8), units: 4_000_000_000, subjects },
  { id: 'a1'.repeat(16), units: 0, subjects: [] },
];
const encoded = queries.map((query) => ({ ...query, subjects: encodeSubjects(query.subjects) }));
const windows = subjects.flatMap(({ subject, limits }) =>
  limits.map((limit) => ({ subject, ...limit, remaining: 7, resetAtSeconds: 1_800_000_000 })),
);
const replies: readonly AllotOutcome[] = [
  { kind: 'allotted', windows, endsInMs: 412 },
  { kind: 'none' },
  { kind: 'allotted', windows, endsInMs: 86_400_000 },
];
const asked = replies.map(() => subjects);

describe('the records of allotments', () => {
  it('bring every query and every reply as it was given', () => {
    expect(decodeAllotments(encodeAllotments(encoded))).toEqual(queries);
    expect(decodeAllotReplies(encodeAllotReplies(replies), asked)).toEqual(replies);
  });

  it('say of an end that is over, or no whole number of milliseconds, not more than there is', () => {
    const told = (endsInMs: number) =>
      decodeAllotReplies(encodeAllotReplies([{ kind: 'allotted', windows, endsInMs }]), [subjects])[0];
    expect(told(-3)).toMatchObject({ endsInMs: 0 });
    expect(told(7.9)).toMatchObject({ endsInMs: 7 });
  });

  it('are refused where they end early, go on, are of another version, or answer something else', () => {
    for (const [bytes, read] of [
      [encodeAllotments(encoded), decodeAllotments],
      [encodeAllotReplies(replies), (payload: Uint8Array) => decodeAllotReplies(payload, asked)],
    ] as const) {
      for (let length = 0; length < bytes.length; length++) {
        expect(() => read(bytes.subarray(0, length))).toThrow(MalformedRecord);
      }
      expect(() => read(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(MalformedRecord);
      const other = Buffer.from(bytes);
      other[0] = 2;
      expect(() => read(other)).toThrow(MalformedRecord);
    }
    expect(() => decodeAllotReplies(encodeAllotReplies(replies), [subjects])).toThrow(MalformedRecord);
    expect(() => decodeAllotReplies(encodeAllotReplies(replies), [[], subjects, subjects])).toThrow(MalformedRecord);
    const unknown = Buffer.from([1, 1, 0, 9]);
    expect(() => decodeAllotReplies(unknown, [subjects])).toThrow(MalformedRecord);
    expect(() => encodeAllotments([{ id: 'a', units: 1, subjects: Buffer.alloc(1) }])).toThrow(RangeError);
  });
});
