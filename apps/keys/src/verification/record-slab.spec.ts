import { describe, expect, it } from '@jest/globals';
import { RecordSlab } from './record-slab.js';

describe('RecordSlab', () => {
  it('gives back each text, of any length, and a copy that outlives its record', () => {
    const slab = new RecordSlab();
    const texts = Array.from({ length: 3_000 }, (_, index) => `${index} ${'ÿ'.repeat(index)}`);
    const places = texts.map((text) => slab.store(text) as number);
    expect(places.map((place) => slab.read(place))).toEqual(texts);
    const kept = slab.read(places[7] as number);
    slab.free(places[7] as number);
    expect(slab.store('other!!!')).toBe(places[7]);
    expect(kept).toBe(texts[7]);
  });

  it('uses what is freed again for texts of about the same length', () => {
    const slab = new RecordSlab();
    const first = slab.store('a'.repeat(100)) as number;
    const second = slab.store('b'.repeat(100));
    slab.free(first);
    expect(slab.store('c'.repeat(300))).not.toBe(first);
    expect(slab.store('d'.repeat(99))).toBe(first);
    expect(slab.read(second as number)).toBe('b'.repeat(100));
  });

  it('takes no text that does not fit into a chunk', () => {
    const slab = new RecordSlab();
    expect(slab.store('x'.repeat(1 << 20))).toBeUndefined();
    const longest = 'x'.repeat((1 << 20) - 4);
    expect(slab.read(slab.store(longest) as number)).toBe(longest);
  });

  it('says when more was freed, in sizes that nobody needs, than is used; cleared, it begins anew', () => {
    const slab = new RecordSlab();
    const places = Array.from({ length: 100 }, () => slab.store('x'.repeat(500_000)) as number);
    expect(slab.isWasteful).toBe(false);
    for (const place of places) slab.free(place);
    expect(slab.isWasteful).toBe(true);
    slab.clear();
    expect(slab.isWasteful).toBe(false);
    expect(() => slab.read(0)).toThrow('no record');
  });
});
