import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { AuditPlace, AuditSource } from './audit.js';
import { auditBound, auditParameters, mergeAudit, readAuditCursor, writeAuditCursor } from './audit-place.js';

const SOURCES: readonly AuditSource[] = ['identity', 'keys'];

/** A service's log as SQL reads it: newest first, then the largest id, from after a place on. */
function readLog(log: readonly AuditPlace[], source: AuditSource, after: AuditPlace | undefined, limit: number) {
  const bound = auditBound(source, after);
  return log
    .filter((entry) => {
      if (bound.kind === 'all') return true;
      if (bound.kind === 'until') return entry.atMs <= bound.atMs;
      if (bound.kind === 'before') return entry.atMs < bound.atMs;
      return entry.atMs < bound.atMs || (entry.atMs === bound.atMs && Number(entry.id) < Number(bound.id));
    })
    .sort((one, other) => other.atMs - one.atMs || Number(other.id) - Number(one.id))
    .slice(0, limit);
}

describe('the one log of both services', () => {
  it('is read page by page with every entry once, newest first, whatever the page size and however many at one moment', () => {
    const log = (source: AuditSource) =>
      fc
        .array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 })
        .map((moments) => moments.map((atMs, index) => ({ atMs, source, id: String(index) })));
    fc.assert(
      fc.property(log('identity'), log('keys'), fc.integer({ min: 1, max: 7 }), (identity, keys, limit) => {
        const logs = { identity, keys };
        const read: AuditPlace[] = [];
        let after: AuditPlace | undefined;
        do {
          const found = SOURCES.map((source) => readLog(logs[source], source, after, limit + 1));
          const { page, next } = mergeAudit(found, limit);
          read.push(...page);
          after = next === undefined ? undefined : readAuditCursor(writeAuditCursor(next));
        } while (after !== undefined);
        expect(read).toHaveLength(identity.length + keys.length);
        expect(new Set(read.map(({ source, id }) => `${source} ${id}`)).size).toBe(read.length);
        for (const [index, { atMs }] of read.entries()) expect(atMs).toBeLessThanOrEqual(read[index - 1]?.atMs ?? 9);
      }),
    );
  });

  it('has cursors that can be read back, and others are none', () => {
    const place = { atMs: 1_768_478_400_000, source: 'identity', id: 'aud_0000000000000000000001' } as const;
    expect(readAuditCursor(writeAuditCursor(place))).toEqual(place);
    const made = (text: string) => Buffer.from(text).toString('base64url');
    for (const wrong of [
      '',
      'x',
      made('1.other.2'),
      made('1.keys.x'),
      made('-1.keys.1'),
      made("1.identity.'"),
      made('9e20.keys.1'),
    ]) {
      expect(readAuditCursor(wrong)).toBeUndefined();
    }
  });
});

describe('what the statement of a service is given', () => {
  const actor = { accountId: 'acc_1', organizationId: 'org_1', role: 'owner' as const, address: '', requestId: '' };
  const query = { actor, limit: 7 };

  it('is nothing but the organization and the number where nothing is asked for', () => {
    const nothing = Array.from({ length: 6 }, () => null);
    expect(auditParameters('keys', query, '0')).toEqual(['org_1', ...nothing, false, '0', 7]);
  });

  it('has each filter at its place, and where the page before ended', () => {
    const filters = { action: 'key.issued', by: 'acc_2', target: 'key_1', sinceMs: 1_000, untilMs: 9_000 };
    const after = { atMs: 5_000, source: 'keys' as const, id: '12' };
    const given = ['org_1', 'key.issued', 'acc_2', 'key_1', new Date(1_000), new Date(9_000), new Date(5_000)];
    expect(auditParameters('keys', { ...query, ...filters, after }, '0')).toEqual([...given, false, '12', 7]);
    expect(auditParameters('identity', { ...query, ...filters, after }, '')).toEqual([...given, false, '', 7]);
    const identitys = { ...after, source: 'identity' as const };
    expect(auditParameters('keys', { ...query, ...filters, after: identitys }, '0')).toEqual([...given, true, '0', 7]);
  });
});
