import { type KeyPattern, keyExpression } from '@gatehouse/catalog/key-patterns';
import { displayKey } from '@gatehouse/key-domain/display-key';
import { BODY_DIGITS } from '@gatehouse/key-domain/key-format';
import { readKeyShape } from '@gatehouse/key-domain/parse-key';

/** A key in a text. The key itself is not in it, so that no output can show it. */
export interface FoundKey {
  /** Offsets of its first character, and of the one behind its last. */
  readonly start: number;
  readonly end: number;
  /** Prefix, dots, last four characters. */
  readonly display: string;
  /** Which of the patterns it has. */
  readonly pattern: string;
}

/** Finds all keys of these forms in a text, in their order. */
export type FindKeys = (text: string) => FoundKey[];

/**
 * Makes a search for keys: candidates by their form, of which the check digits leave the keys alone. What stands around
 * a key does not matter, so that none hides behind an escape or in a longer word.
 */
export function keyFinder(patterns: readonly KeyPattern[]): FindKeys {
  const searches = patterns.map((pattern) => ({ pattern, expression: new RegExp(keyExpression(pattern.prefix), 'g') }));
  return (text) =>
    searches
      .flatMap(({ pattern, expression }) => keysOf(text, pattern, expression))
      .sort((one, other) => one.start - other.start);
}

function keysOf(text: string, { name, prefix }: KeyPattern, expression: RegExp): FoundKey[] {
  const found: FoundKey[] = [];
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    const [candidate] = match;
    const start = match.index;
    if (readKeyShape(candidate, [prefix]).kind === 'key') {
      const display = displayKey(candidate.slice(0, -BODY_DIGITS), candidate);
      found.push({ start, end: start + candidate.length, display, pattern: name });
    }
    // A key may begin in what only looked like one.
    expression.lastIndex = start + 1;
  }
  return found;
}
