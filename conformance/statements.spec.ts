import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { idsIn, judgeStatements, readStatements } from './statements.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const statements = readStatements();
const counts = { X: 15, G: 11, E: 13, T: 30, A: 13 };
const allIds = Object.entries(counts).flatMap(([system, count]) =>
  Array.from({ length: count }, (_, index) => `${system}${index + 1}`),
);

/** Ids in the titles of the suites as they are written. */
function writtenIds(): Set<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.spec.ts') && file !== 'statements.spec.ts',
  );
  return new Set(files.flatMap((file) => idsIn(readFileSync(join(folder, file), 'utf8'))));
}

describe('the list of statements', () => {
  it('has all 82, each once', () => {
    expect(statements.map(({ id }) => id)).toEqual(allIds);
    expect(statements).toHaveLength(82);
  });

  it('has a test for each statement that is required', () => {
    const written = writtenIds();
    const without = statements.filter(({ id, pendingFor }) => pendingFor === null && !written.has(id));
    expect(without).toEqual([]);
  });

  it('knows every id that a test names', () => {
    expect([...writtenIds()].filter((id) => !allIds.includes(id))).toEqual([]);
  });
});

describe('judgeStatements', () => {
  const listed = [
    { id: 'X1', says: '', pendingFor: null },
    { id: 'X10', says: '', pendingFor: 'later' },
  ];

  it('lets a required statement hold only where it has tests and all pass', () => {
    expect(judgeStatements(listed, [])).toMatchObject({ X1: 'fails' });
    expect(judgeStatements(listed, [{ title: '[X1] a', passed: true }])).toMatchObject({ X1: 'holds' });
    const mixed = [
      { title: '[X1] a', passed: true },
      { title: '[E1] [X1] b', passed: false },
    ];
    expect(judgeStatements(listed, mixed)).toMatchObject({ X1: 'fails' });
    expect(judgeStatements(listed, [{ title: '[X10] c', passed: true }])).toMatchObject({ X1: 'fails' });
  });

  it('keeps a pending statement pending, unless a test of it fails', () => {
    expect(judgeStatements(listed, [{ title: '[X10] c', passed: true }])).toMatchObject({ X10: 'pending' });
    expect(judgeStatements(listed, [{ title: '[X10] c', passed: false }])).toMatchObject({ X10: 'fails' });
  });
});
