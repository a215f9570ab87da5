import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  holdsPermissions,
  parsePermissionQuery,
  QUERY_DEPTH_MAX,
  QUERY_LENGTH_MAX,
  QUERY_TERMS_MAX,
  scopesAskedFor,
} from './permission-query.js';

const SCOPES = ['a', 'invoices.read', 'invoices.write', 'admin:all', 'or.and'];
const held = fc.subarray(SCOPES);

/** The same question as an expression of JavaScript, whose precedence is that of the queries; undefined: not one. */
function byJavaScript(text: string, scopes: readonly string[]): boolean | undefined {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  const expression = tokens.map((token) => {
    if (/^and$/i.test(token)) return '&&';
    if (/^or$/i.test(token)) return '||';
    if (token === '(') return '!!(';
    if (token === ')') return ')';
    const below = token.endsWith('.*') ? token.slice(0, -1) : undefined;
    return `!!${below === undefined ? scopes.includes(token) : scopes.some((scope) => scope.startsWith(below))}`;
  });
  try {
    return tokens.length === 0 ? undefined : new Function(`const answer = ${expression.join(' ')}; return answer;`)();
  } catch {
    return undefined;
  }
}

function answer(text: string, scopes: readonly string[]): boolean | undefined {
  const query = parsePermissionQuery(text);
  return query.kind === 'malformed' ? undefined : holdsPermissions(query, scopes);
}

const name = fc.constantFrom(...SCOPES, 'invoices.*', 'admin.*', 'b.c-d_e:9');
const keyword = (word: string) =>
  fc
    .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map((upper) => [...word].map((letter, index) => (upper[index] === true ? letter.toUpperCase() : letter)).join(''));
const blanks = fc.stringMatching(/^[ \t\r\n]{1,3}$/);
const { text } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 5 },
    name,
    fc
      .tuple(tie('text'), blanks, fc.oneof(keyword('and'), keyword('or')), blanks, tie('text'))
      .map((parts) => parts.join('')),
    tie('text').map((inner) => `(${inner})`),
    tie('text').map((inner) => `( ${inner}\t)`),
  ),
}));

describe('a permission query [F.B2]', () => {
  it.each([
    ['invoices.read', ['invoices.read'], true],
    ['invoices.read', [], false],
    ['invoices.read', ['invoices.read.all', 'invoices', 'INVOICES.READ'], false],
    ['a AND (b OR c)', ['a', 'c'], true],
    ['a AND (b OR c)', ['b', 'c'], false],
    ['a or b and c', ['a'], true],
    ['(a or b) and c', ['a'], false],
    ['a And b oR c', ['c'], true],
    ['invoices.*', ['invoices.read'], true],
    ['invoices.*', ['invoices.read.lines'], true],
    ['invoices.*', ['invoices'], false],
    ['invoices.*', ['invoicesx.read', 'invoices:read'], false],
    ['(a)and(b)', ['a', 'b'], true],
    ['\n a\tAND\r\n b ', ['a', 'b'], true],
  ])('%j of %j: %s', (query, scopes, expected) => {
    expect(answer(query, scopes)).toBe(expected);
  });

  it.each([
    ['', 0, 'ends where a scope is expected'],
    ['  ', 2, 'ends where a scope is expected'],
    ['a AND', 5, 'ends where a scope is expected'],
    ['AND a', 0, 'stands where a scope is expected'],
    ['a OR OR b', 5, 'stands where a scope is expected'],
    ['a b', 2, 'needs AND or OR before it'],
    ['(a b)', 3, 'needs AND or OR before it'],
    ['a (b)', 2, 'needs AND or OR before it'],
    ['(a', 0, 'opens a parenthesis that is not closed'],
    ['a)', 1, 'closes a parenthesis that is not open'],
    ['()', 1, 'stands where a scope is expected'],
    ['a AND *', 6, 'is not the name of a scope'],
    ['a AND *.read', 6, 'is not the name of a scope'],
    ['READ', 0, 'is not the name of a scope'],
    ['a && b', 2, 'is not the name of a scope'],
    ['NOT a', 0, 'is not the name of a scope'],
    ['a\u00a0AND b', 0, 'is not the name of a scope'],
    ['a\0', 0, 'is not the name of a scope'],
    [`a AND ${'x'.repeat(65)}`, 6, 'is not the name of a scope'],
  ])('%j is none: at %i it %s', (query, position, message) => {
    expect(parsePermissionQuery(query)).toEqual({ kind: 'malformed', position, message });
  });

  it('is bounded in length, in depth and in the number of its scopes', () => {
    const long = `a${' '.repeat(QUERY_LENGTH_MAX - 1)}`;
    expect(parsePermissionQuery(long).kind).toBe('scope');
    expect(parsePermissionQuery(`${long} `)).toMatchObject({ kind: 'malformed', position: QUERY_LENGTH_MAX });
    const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`;
    expect(parsePermissionQuery(nested(QUERY_DEPTH_MAX)).kind).toBe('scope');
    expect(parsePermissionQuery(nested(QUERY_DEPTH_MAX + 1))).toMatchObject({
      kind: 'malformed',
      position: QUERY_DEPTH_MAX,
    });
    const terms = (count: number) => Array.from({ length: count }, () => 'a').join(' or ');
    expect(parsePermissionQuery(terms(QUERY_TERMS_MAX))).toMatchObject({ kind: 'any' });
    expect(parsePermissionQuery(terms(QUERY_TERMS_MAX + 1))).toMatchObject({
      kind: 'malformed',
      position: QUERY_TERMS_MAX * 5,
    });
    // Side by side is not inside each other.
    expect(parsePermissionQuery(Array.from({ length: 90 }, () => '(a)').join('and')).kind).toBe('all');
  });

  it('is answered as JavaScript answers the same expression', () => {
    fc.assert(
      fc.property(text, held, (query, scopes) => {
        fc.pre(query.length <= QUERY_LENGTH_MAX && (query.match(/\(/g)?.length ?? 0) <= QUERY_DEPTH_MAX);
        const expected = byJavaScript(query, scopes);
        expect(expected).toEqual(expect.any(Boolean));
        expect(answer(query, scopes)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is any sequence of its words that JavaScript takes, and no other', () => {
    const word = fc.constantFrom('a', 'invoices.*', 'AND', 'or', '(', ')');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), held, (words, scopes) => {
        expect(answer(words.join(' '), scopes)).toBe(byJavaScript(words.join(' '), scopes));
      }),
      { numRuns: 5_000 },
    );
  });

  it('never throws, whatever the text, and points into it where it is none', () => {
    const noise = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.stringMatching(/^[()aAnNdDoOrR.* ]{0,40}$/));
    fc.assert(
      fc.property(noise, (query) => {
        const parsed = parsePermissionQuery(query);
        if (parsed.kind !== 'malformed') return;
        expect(parsed.position).toBeGreaterThanOrEqual(0);
        expect(parsed.position).toBeLessThanOrEqual(query.length);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('the scopes that a permission query asks for', () => {
  const askedFor = (query: string, scopes: readonly string[]) => {
    const parsed = parsePermissionQuery(query);
    return parsed.kind === 'malformed' ? undefined : scopesAskedFor(parsed, scopes);
  };

  it.each([
    ['a', ['a']],
    ['invoices.*', ['invoices.read', 'invoices.write']],
    ['a OR invoices.read', ['a', 'invoices.read']],
    ['x AND (y OR admin:all)', ['admin:all']],
    ['x', []],
  ])('%s: those that the key holds', (query, expected) => expect(askedFor(query, SCOPES)).toEqual(expected));

  it('are always enough for the answer, so that a key narrowed to them is judged as before', () => {
    fc.assert(
      fc.property(text, held, (query, scopes) => {
        const named = askedFor(query, scopes);
        if (named !== undefined) expect(answer(query, named)).toBe(answer(query, scopes));
      }),
    );
  });
});
