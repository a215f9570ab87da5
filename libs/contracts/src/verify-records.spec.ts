import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import { describe, expect, it } from '@jest/globals';
import { invalidateSubject, verifyReplicaSubject } from './hot-subjects.js';
import { MalformedRecord } from './record-reader.js';
import { decodeVerifyReplies, encodeFacts, encodeVerifyReplies } from './verify-records.js';

const REPLICA = '0123456789abcdef0123456789abcdef';

describe('the replies to verification queries', () => {
  it('come back as they were written, with the id of the replica that wrote them', () => {
    const facts = aKey({ name: 'naïve 🔑' });
    const bytes = encodeVerifyReplies(REPLICA, ['unknown', encodeFacts(facts), 'unchanged'], 2 ** 40 + 3);
    expect(decodeVerifyReplies(bytes, 3)).toEqual({
      replicaId: REPLICA,
      asOfSeq: 2 ** 40 + 3,
      replies: [{ kind: 'unknown' }, { kind: 'facts', facts }, { kind: 'unchanged' }],
    });
  });

  it('are refused in another version of the record, and where they are cut off', () => {
    const bytes = encodeVerifyReplies(REPLICA, ['unknown']);
    expect(() => decodeVerifyReplies(bytes.subarray(0, 12), 1)).toThrow(MalformedRecord);
    expect(() => decodeVerifyReplies(bytes, 2)).toThrow(MalformedRecord);
    bytes[0] = 1;
    expect(() => decodeVerifyReplies(bytes, 1)).toThrow('version 1');
  });
});

describe('the id of a replica', () => {
  it.each(['', '*', '>', REPLICA.slice(2), `${REPLICA}00`, `${REPLICA.slice(1)}g`, `${REPLICA.slice(4)}.x.>`])(
    'is never %p, neither in a record nor in a subject',
    (id) => {
      expect(() => encodeVerifyReplies(id, [])).toThrow('32 hexadecimal digits');
      expect(() => verifyReplicaSubject(id)).toThrow('32 hexadecimal digits');
      expect(() => invalidateSubject(id)).toThrow('32 hexadecimal digits');
    },
  );
});
