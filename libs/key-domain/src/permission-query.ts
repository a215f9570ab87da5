/** What a caller asks of a key's scopes: `invoices.read AND (invoices.write OR admin.*)` [F.B2]. */
export type PermissionQuery =
  | { readonly kind: 'scope'; readonly name: string }
  /** Any scope below a name; `prefix` ends with a dot. */
  | { readonly kind: 'below'; readonly prefix: string }
  | { readonly kind: 'all' | 'any'; readonly of: readonly PermissionQuery[] };

/** `position`: the index of the character where the text stops being a query. */
interface MalformedQuery {
  readonly kind: 'malformed';
  readonly position: number;
  readonly message: string;
}

export const QUERY_LENGTH_MAX = 1_000;
export const QUERY_DEPTH_MAX = 16;
export const QUERY_TERMS_MAX = 100;

/**
 * Reads a permission query. Names are scope names or end with `.*`; AND binds closer than OR; keywords may be written
 * in any case; parentheses group. Takes time linear in a bounded length.
 */
export function parsePermissionQuery(text: string): PermissionQuery | MalformedQuery {
  if (text.length > QUERY_LENGTH_MAX) {
    return malformed(QUERY_LENGTH_MAX, `is longer than ${QUERY_LENGTH_MAX} characters`);
  }
  const tokens = readTokens(text);
  return Array.isArray(tokens) ? new QueryReader(tokens, text.length).query() : tokens;
}

/** Whether a key that holds these scopes has what the query asks for. */
export function holdsPermissions(query: PermissionQuery, held: readonly string[]): boolean {
  switch (query.kind) {
    case 'scope':
      return held.includes(query.name);
    case 'below':
      return held.some((scope) => scope.startsWith(query.prefix));
    case 'all':
      return query.of.every((part) => holdsPermissions(part, held));
    case 'any':
      return query.of.some((part) => holdsPermissions(part, held));
  }
}

/** The scopes among these that the query names, whether or not one of them alone would have been enough. */
export function scopesAskedFor(query: PermissionQuery, held: readonly string[]): readonly string[] {
  return held.filter((scope) => names(query, scope));
}

function names(query: PermissionQuery, scope: string): boolean {
  switch (query.kind) {
    case 'scope':
      return query.name === scope;
    case 'below':
      return scope.startsWith(query.prefix);
    case 'all':
    case 'any':
      return query.of.some((part) => names(part, scope));
  }
}

interface Token {
  readonly kind: 'and' | 'or' | '(' | ')' | 'name';
  readonly text: string;
  readonly position: number;
}

/** One level of the grammar for each method; every one begins where the last one stopped. */
class QueryReader {
  private next = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly length: number,
  ) {}

  query(): PermissionQuery | MalformedQuery {
    const query = this.any(0);
    const rest = this.tokens[this.next];
    if (query.kind === 'malformed' || rest === undefined) return query;
    const message = rest.kind === ')' ? 'closes a parenthesis that is not open' : 'needs AND or OR before it';
    return malformed(rest.position, message);
  }

  private any(depth: number): PermissionQuery | MalformedQuery {
    return this.joined('any', 'or', () => this.all(depth));
  }

  private all(depth: number): PermissionQuery | MalformedQuery {
    return this.joined('all', 'and', () => this.term(depth));
  }

  private joined(kind: 'all' | 'any', by: 'and' | 'or', part: () => PermissionQuery | MalformedQuery) {
    const of: PermissionQuery[] = [];
    for (;;) {
      const read = part();
      if (read.kind === 'malformed') return read;
      of.push(read);
      if (this.tokens[this.next]?.kind !== by) return of.length === 1 ? read : { kind, of };
      this.next++;
    }
  }

  private term(depth: number): PermissionQuery | MalformedQuery {
    const token = this.tokens[this.next];
    if (token === undefined) return malformed(this.length, 'ends where a scope is expected');
    if (token.kind === 'name') {
      this.next++;
      return token.text.endsWith('.*')
        ? { kind: 'below', prefix: token.text.slice(0, -1) }
        : { kind: 'scope', name: token.text };
    }
    if (token.kind !== '(') return malformed(token.position, 'stands where a scope is expected');
    if (depth === QUERY_DEPTH_MAX) {
      return malformed(token.position, `has more than ${QUERY_DEPTH_MAX} parentheses inside each other`);
    }
    this.next++;
    const inner = this.any(depth + 1);
    if (inner.kind === 'malformed') return inner;
    const close = this.tokens[this.next];
    if (close === undefined) return malformed(token.position, 'opens a parenthesis that is not closed');
    if (close.kind !== ')') return malformed(close.position, 'needs AND or OR before it');
    this.next++;
    return inner;
  }
}

function readTokens(text: string): Token[] | MalformedQuery {
  const tokens: Token[] = [];
  let names = 0;
  let start = 0;
  while (start < text.length) {
    if (isBlank(text, start)) {
      start++;
      continue;
    }
    const end = endOfToken(text, start);
    const token = tokenOf(text.slice(start, end), start);
    if (token === undefined) return malformed(start, 'is not the name of a scope');
    if (token.kind === 'name' && ++names > QUERY_TERMS_MAX) {
      return malformed(start, `is one of more than ${QUERY_TERMS_MAX} scopes`);
    }
    tokens.push(token);
    start = end;
  }
  return tokens;
}

const SCOPE_NAME = /^[a-z][a-z0-9_:.-]{0,63}$/;

function tokenOf(text: string, position: number): Token | undefined {
  if (text === '(' || text === ')') return { kind: text, text, position };
  const word = text.toLowerCase();
  if (word === 'and' || word === 'or') return { kind: word, text, position };
  const name = text.endsWith('.*') ? text.slice(0, -2) : text;
  return SCOPE_NAME.test(name) ? { kind: 'name', text, position } : undefined;
}

/** A parenthesis is a token by itself; everything else ends at a blank or a parenthesis. */
function endOfToken(text: string, start: number): number {
  if (isParenthesis(text, start)) return start + 1;
  let end = start + 1;
  while (end < text.length && !isBlank(text, end) && !isParenthesis(text, end)) end++;
  return end;
}

function isBlank(text: string, at: number): boolean {
  return ' \t\r\n'.includes(text.charAt(at));
}

function isParenthesis(text: string, at: number): boolean {
  return text[at] === '(' || text[at] === ')';
}

function malformed(position: number, message: string): MalformedQuery {
  return { kind: 'malformed', position, message };
}
