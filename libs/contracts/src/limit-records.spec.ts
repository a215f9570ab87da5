import type { Limit } from '@gatehouse/limit-domain/limit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeTakeQueries,
  decodeTakeReplies,
  encodeSubjects,
  encodeTakeQueries,
  encodeTakeReplies,
  type TakeReply,
} from './limit-records.js';
import { MalformedRecord } from './record-reader.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const limit = fc.record(
  {
    windowSeconds: fc.integer({ min: 1, max: 0x7fff_ffff }),
    quota: u32,
    algorithm: fc.constantFrom<Limit['algorithm'] & string>('sliding-window', 'token-bucket'),
    burst: u32,
    shadow: fc.constant(true as const),
  },
  { requiredKeys: ['windowSeconds', 'quota'], noNullPrototype: true },
) as fc.Arbitrary<Limit>;
const subjects = fc.array(
  fc.record({ subject: fc.string({ maxLength: 40 }), limits: fc.array(limit, { maxLength: 6 }) }),
  {
    maxLength: 3,
  },
);
const latin1 = (text: string) => Buffer.from(text, 'latin1').toString('latin1');

describe('the records of limits', () => {
  it('bring every query as it was sent', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ cost: u32, subjects }), { maxLength: 5 }), (given) => {
        const queries = given.map((query) => ({
          cost: query.cost,
          subjects: query.subjects.map((one) => ({ ...one, subject: latin1(one.subject) })),
        }));
        const encoded = queries.map((query) => ({ cost: query.cost, subjects: encodeSubjects(query.subjects) }));
        expect(decodeTakeQueries(encodeTakeQueries(encoded))).toEqual(queries);
      }),
    );
  });

  it('take 87 bytes for six fixed windows of a key and its organization, as ever', () => {
    const limits = [1, 60, 86_400].map((windowSeconds) => ({ windowSeconds, quota: 1_000 }));
    const bytes = encodeSubjects([
      { subject: 'key:key_0', limits },
      { subject: 'org:org_0:measured', limits },
    ]);
    expect(encodeTakeQueries([{ cost: 1, subjects: bytes }])).toHaveLength(87);
  });

  it('bring every reply as it was given, with the limits in shadow that would have refused, and whether it is certain', () => {
    const shadow: Limit = { windowSeconds: 60, quota: 2, algorithm: 'sliding-window', shadow: true };
    const bucket: Limit = { windowSeconds: 1, quota: 5, algorithm: 'token-bucket', burst: 9 };
    const asked = [{ subject: 'key:a', limits: [shadow, bucket] }];
    const windows = [
      { subject: 'key:a', windowSeconds: 1, quota: 5, capacity: 9, remaining: 8, resetAtSeconds: 1_700_000_000 },
    ];
    const replies: TakeReply[] = [
      { kind: 'allowed', windows },
      { kind: 'allowed', windows, shadowRefusals: [{ subject: 'key:a', limit: shadow }] },
      { kind: 'refused', windows, retryAfterSeconds: 7 },
      { kind: 'allowed', windows, isUncertain: true },
    ];
    const queries = replies.map(() => ({ cost: 1, subjects: asked }));
    const bytes = encodeTakeReplies(replies, queries);
    expect(decodeTakeReplies(bytes, [asked, asked, asked, asked])).toEqual(replies);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeTakeReplies(bytes.subarray(0, length), [asked, asked, asked, asked])).toThrow();
    }
    const foreign = [{ subject: 'key:a', limits: [bucket] }];
    const other = encodeTakeReplies(
      [replies[1] as TakeReply],
      [{ cost: 1, subjects: [{ subject: 'key:a', limits: [bucket, bucket, shadow] }] }],
    );
    expect(() => decodeTakeReplies(other, [foreign])).toThrow(MalformedRecord);
  });
});
