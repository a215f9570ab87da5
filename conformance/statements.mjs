import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/**
 * The statements of `statements.yaml`.
 * @returns {{ id: string, says: string, pendingFor: string | null }[]}
 */
export function readStatements() {
  const listed = parse(readFileSync(new URL('statements.yaml', import.meta.url), 'utf8'));
  return Object.entries(listed).map(([id, { says, status }]) => {
    const pendingFor = status === 'required' ? null : /^pending: (.+)$/.exec(status)?.[1];
    if (pendingFor === undefined) throw new Error(`statements.yaml: ${id}: ${status} is neither required nor pending`);
    return { id, says, pendingFor };
  });
}

/** The ids that a test's title carries: `[X13] [X14] says when to come back`. */
export function idsIn(title) {
  return [...title.matchAll(/\[([XGETA]\d{1,2})\]/g)].map((match) => match[1]);
}

/**
 * Judges every statement by the tests that name it. A required one fails unless it has a test and all of them pass; a
 * pending one stays pending, unless one of its tests fails.
 * @param {{ title: string, passed: boolean }[]} tests
 * @returns {Record<string, 'holds' | 'pending' | 'fails'>}
 */
export function judgeStatements(statements, tests) {
  return Object.fromEntries(
    statements.map(({ id, pendingFor }) => {
      const own = tests.filter(({ title }) => idsIn(title).includes(id));
      if (own.some(({ passed }) => !passed)) return [id, 'fails'];
      if (pendingFor !== null) return [id, 'pending'];
      return [id, own.length > 0 ? 'holds' : 'fails'];
    }),
  );
}
