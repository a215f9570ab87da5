import { readFileSync } from 'node:fs';
import { IMPORT_REFUSALS } from '@gatehouse/contracts/imports';
import { describe, expect, it } from '@jest/globals';
import { COLUMNS } from './csv-row.js';
import { ROW_PROBLEMS } from './read-row.js';

const document = readFileSync(new URL('../../../../docs/import.md', import.meta.url), 'utf8');
/** Code and meaning of each row of the first table behind this text. */
function tableAfter(text: string): (readonly [string, string])[] {
  const [, table = ''] = /\n\n(\|[\s\S]*?)\n\n/.exec(document.slice(document.indexOf(text))) ?? [];
  return [...table.matchAll(/^\| `(\w+)` +\| (\S.*?) +\|/gm)].map(([, code = '', meaning = '']) => [code, meaning]);
}

describe('docs/import.md', () => {
  it('lists every code with which the platform refuses a row, and no other', () => {
    const documented = tableAfter('All rows of a request that are good');
    expect(Object.fromEntries(documented)).toEqual(IMPORT_REFUSALS);
  });

  it('lists every code with which the command refuses a row', () => {
    expect(tableAfter('The command line refuses these').map(([code]) => code)).toEqual([...ROW_PROBLEMS]);
  });

  it('describes every column', () => {
    const described = [...document.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(described).toEqual(expect.arrayContaining(Object.keys(COLUMNS)));
  });
});
