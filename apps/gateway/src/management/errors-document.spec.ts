import { readFileSync } from 'node:fs';
import { PROBLEMS } from '@gatehouse/contracts/problems';
import { describe, expect, it } from '@jest/globals';

const document = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');

describe('docs/errors.md', () => {
  it('lists every code of PROBLEMS with its status and a meaning, and no other', () => {
    const documented = [...document.matchAll(/^\| `([a-z_]+)` +\| (\d{3}) +\| \S.{20,} \|$/gm)];
    const rows = documented.map(([, code, status]) => `${code} ${status}`);
    expect(rows.sort()).toEqual(
      Object.entries(PROBLEMS)
        .map(([code, { status }]) => `${code} ${status}`)
        .sort(),
    );
  });
});
