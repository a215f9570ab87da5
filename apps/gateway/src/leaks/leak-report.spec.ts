import { hash } from 'node:crypto';
import { reportLeaks } from '@gatehouse/contracts/leaks';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { feedbackOn, leakOf, leakReport } from './leak-report.js';

const token = mintKey('ex_live_');
const URL_OF_FILE = 'https://github.com/octocat/Hello-World/blob/12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt';
const leak = (changes: object = {}) =>
  leakOf({ token, type: 'exante-live', url: URL_OF_FILE, source: 'content', ...changes }, digestKey(token));

describe('a report', () => {
  it('has the fields that GitHub documents; the address may be empty, and others may be added one day', () => {
    const match = { token: 'NMIfyYncKcRALEXAMPLE', type: 'mycompany_api_token', url: URL_OF_FILE, source: 'content' };
    for (const one of [match, { ...match, url: '' }, { token: 't', type: '' }, { ...match, score: 1 }]) {
      expect(leakReport.safeParse([one]).success).toBe(true);
    }
    for (const other of [[{ type: 't' }], [{ token: 1, type: 't' }], [{ token: '', type: 't' }], ['token'], [null]]) {
      expect(leakReport.safeParse(other).success).toBe(false);
    }
    for (const other of [null, {}, { 0: match }, 'text', 1]) expect(leakReport.safeParse(other).success).toBe(false);
  });

  it('is refused where it has too many entries, and says how many there may be', () => {
    const many = (count: number) =>
      leakReport.safeParse(Array.from({ length: count }, () => ({ token: 't', type: 't' })));
    expect(many(20_000).success).toBe(true);
    expect(many(20_001).error?.issues[0]?.message).toBe('may have at most 20000 entries');
  });
});

describe('what keys is told of a match', () => {
  it('is the digest, and where the key was found', () => {
    expect(leak()).toEqual({
      digest: digestKey(token).toString('base64'),
      source: 'content',
      url: URL_OF_FILE,
      type: 'exante-live',
    });
  });

  it.each([
    ['in the path', `https://gist.github.com/a/${token}/raw`],
    ['in the query', `https://example.com/?key=${token}&x=1`],
    ['behind the fragment', `https://example.com/#${token}`],
    ['as a user', `https://${token}@example.com/`],
    ['as a password', `https://user:${token}@example.com/`],
    ['written with escapes', `https://example.com/${token.replaceAll('_', '%5F').replace('l', '%6c')}`],
    ['twice', `https://example.com/${token}/${token}`],
  ])('never holds the key, though the address has it %s', (_, url) => {
    const told = JSON.stringify(leak({ url }));
    expect(told).not.toContain(token);
    expect(decodeURIComponent(told)).not.toContain(token);
    expect(told).not.toContain(token.slice(8, 40));
  });

  it('never holds the key in another field either', () => {
    expect(leak({ source: `in ${token}`, type: token })).toMatchObject({ source: 'in ***', type: '***' });
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'file:///etc/passwd',
    'no address',
    '//example.com',
    '',
  ])('has no address that nobody should follow: %s', (url) => {
    expect(leak({ url }).url).toBe('');
  });

  it('always is what the message may hold, whatever GitHub says', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 900 }),
      fc.string({ unit: fc.constantFrom('\u0000', '\ud800', '\udc00', '\u001b', '\n', 'a', '%', '/', '𝕏') }),
      fc.string({ maxLength: 900 }).map((path) => `https://example.com/${path}`),
    );
    fc.assert(
      fc.property(text, text, text, (source, url, type) => {
        const leaks = [leak({ source, url, type })];
        const message = { reporter: 'github', address: '192.0.2.1', requestId: 'req_1', leaks };
        expect(reportLeaks.input.safeParse(message).success).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('fits into one message, five hundred at a time, with the longest texts', () => {
    const longest = leak({
      source: '𝕏'.repeat(99),
      type: '語'.repeat(999),
      url: `https://example.com/${'語'.repeat(999)}`,
    });
    expect(Buffer.byteLength(JSON.stringify(Array.from({ length: 500 }, () => longest)))).toBeLessThan(1_000_000);
  });
});

describe('the feedback', () => {
  it('has the form of the protocol: the hash, the type as it came, one of two labels; in the order of the matches', () => {
    const matches = [
      { token, type: 'exante-live' },
      { token: 'nothing of ours', type: 'exante\u0000live' },
    ];
    expect(feedbackOn(matches, [true, false])).toEqual([
      { token_hash: hash('sha256', token, 'hex'), token_type: 'exante-live', label: 'true_positive' },
      { token_hash: hash('sha256', 'nothing of ours', 'hex'), token_type: 'exante\u0000live', label: 'false_positive' },
    ]);
  });
});
