import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFacts, writeFacts } from './facts-record.js';
import { MalformedRecord } from './record-reader.js';

describe('the record of facts', () => {
  it('says every fact again, whatever people write into names and metadata, in latin1 alone', () => {
    const text = fc.string({ unit: 'binary' });
    const facts = fc.record<Partial<KeyFacts>>({
      name: text,
      metadata: fc.dictionary(
        text.filter((name) => name !== '__proto__'),
        text,
        { noNullPrototype: true },
      ),
      scopes: fc.array(text),
      expiresAtMs: fc.option(fc.nat()),
      allowedAddresses: fc.array(fc.ipV6()),
      limits: fc.option(fc.array(fc.record({ windowSeconds: fc.nat(), quota: fc.nat() }))),
      organizationLimits: fc.constantFrom(null, { key: null, organization: [{ windowSeconds: 60, quota: 5 }] }),
      secret: fc.record({ generation: fc.nat(), endsAtMs: fc.option(fc.nat()) }),
    });
    fc.assert(
      fc.property(facts, (changes) => {
        const written = writeFacts(aKey(changes));
        expect(written).toMatch(/^[\0-\xff]*$/);
        expect(readFacts(written)).toEqual(aKey(changes));
      }),
    );
  });

  it('does not mistake one fact for another', () => {
    const values = Object.keys(aKey()).map((field) => [field, `the ${field}`]);
    const facts = { ...Object.fromEntries(values), secret: { generation: 'the g', endsAtMs: 'the e' } } as KeyFacts;
    expect(readFacts(writeFacts(facts))).toEqual(facts);
  });

  it.each(['{"keyId":"key_1"}', '[]', 'null', '["key_1",1]', `[${'1,'.repeat(20)}1]`])('is never %s', (text) => {
    expect(() => readFacts(text)).toThrow(MalformedRecord);
  });
});
