/** A request target in origin form (RFC 9112 section 3.2.1), taken apart; the query keeps its question mark. */
export interface SplitTarget {
  readonly path: string;
  readonly query: string;
}

/** Undefined for a target with a fragment, or with a character in its query that no request line may hold. */
export function splitTarget(target: string): SplitTarget | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f#]/.test(target)) return undefined;
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark) };
}
