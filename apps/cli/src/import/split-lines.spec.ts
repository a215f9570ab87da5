import { describe, expect, it } from '@jest/globals';
import { splitLines } from './split-lines.js';

describe('splitLines', () => {
  it('finds the end of a line that is longer than allowed, and counts all of its bytes', async () => {
    async function* chunks() {
      for (let sent = 0; sent < 100; sent++) yield Buffer.alloc(1_000, 'x');
      yield Buffer.from('\nshort');
    }
    const lines = [];
    for await (const some of splitLines(chunks(), 5_000)) lines.push(...some);
    expect(lines).toEqual([
      { line: 1, endByte: 100_001, bytes: undefined },
      { line: 2, endByte: 100_006, bytes: Buffer.from('short') },
    ]);
  });

  it('holds a copy of the part of a line that goes on, not the chunk that it came in', async () => {
    const first = Buffer.from('a\nb');
    async function* chunks() {
      yield first;
      first.fill('!');
      yield Buffer.from('c\n');
    }
    const texts = [];
    for await (const some of splitLines(chunks(), 10)) texts.push(...some.map(({ bytes }) => String(bytes)));
    expect(texts).toEqual(['a', 'bc']);
  });
});
