import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { Position } from './placed-problem.js';
import type { Path } from './problem.js';

interface PlacedMessage {
  readonly position: Position;
  readonly message: string;
}

export type ReadYaml =
  | {
      readonly kind: 'read';
      readonly value: unknown;
      /** Where a value is, or the name of its entry; for what is not there, the nearest thing around it. */
      readonly positionOf: (path: Path, at?: 'key') => Position;
    }
  | { readonly kind: 'refused'; readonly problems: readonly PlacedMessage[] };

/** A document this small never needs more; many more are an attempt to fill the memory. */
const MAX_ALIASES = 100;

/** Names that mean something else to JavaScript than to the reader of the file. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads a YAML 1.2 document, keeping where everything was, so that what is wrong later can be shown there. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const problems = [
      ...[...document.errors, ...document.warnings].map(({ pos, message }) => ({
        position: positionAt(pos[0]),
        message: `is not valid YAML: ${message}`,
      })),
      ...forbiddenKeys(document, positionAt),
    ];
    if (problems.length > 0) return { kind: 'refused', problems };
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
      return { kind: 'refused', problems: [{ position: positionAt(0), message: 'the file is empty' }] };
    }
    return {
      kind: 'read',
      value: document.toJS({ maxAliasCount: MAX_ALIASES }),
      positionOf: (path, at) => positionAt(offsetOf(document, path, at)),
    };
  } catch (error) {
    const message = `is not valid YAML: ${(error as Error).message}`;
    return { kind: 'refused', problems: [{ position: { line: 1, column: 1 }, message }] };
  }
}

function forbiddenKeys(document: Document, positionAt: (offset: number) => Position): PlacedMessage[] {
  const found: PlacedMessage[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && !FORBIDDEN_KEYS.has(String(key.value))) return;
      const message = isScalar(key) ? `${key.value} cannot be a name here` : 'a name must be plain text';
      found.push({ position: positionAt((key as Node | null)?.range?.[0] ?? 0), message });
    },
  });
  return found;
}

function offsetOf(document: Document, path: Path, at: 'key' | undefined): number {
  let node: Node | null | undefined = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, part] of path.entries()) {
    const container: unknown = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) {
      const pair = container.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) return offset;
      const key = pair.key as Node;
      const isLast = depth === path.length - 1;
      node = pair.value as Node | null;
      offset = (isLast && at === 'key' ? key : (node ?? key)).range?.[0] ?? offset;
    } else if (isSeq(container)) {
      node = container.items[Number(part)] as Node | null | undefined;
      if (node === undefined) return offset;
      offset = node?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
