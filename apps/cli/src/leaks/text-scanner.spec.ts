import { readPrefixes } from '@gatehouse/key-domain/key-prefix';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keyFinder } from './find-keys.js';
import { TextScanner } from './text-scanner.js';

const PREFIXES = { live: 'ex_live_', slugged: 'shop_{project_slug}_', dashed: 'sk-{project_slug}-' };
const patterns = readPrefixes(PREFIXES).map((prefix) => ({ name: prefix.environment, prefix }));
const findKeys = keyFinder(patterns);
const plain = mintKey('ex_live_');
const slugged = mintKey(`shop_${'s'.repeat(40)}_`);
const dashed = mintKey('sk-my-own-shop-');

/** What is found in a text that comes in these pieces. */
function scan(...pieces: string[]) {
  const scanner = new TextScanner(findKeys);
  return pieces.flatMap((piece) => scanner.push(piece));
}
const places = (...pieces: string[]) => scan(...pieces).map(({ line, column, pattern }) => [line, column, pattern]);

describe('the search for keys in a text', () => {
  it('tells line and column, the form, and how the key is shown', () => {
    expect(scan(`a\n\n  KEY="${plain}"\r\n${slugged} ${dashed}`)).toEqual([
      { line: 3, column: 8, pattern: 'live', display: `ex_live_...${plain.slice(-4)}` },
      { line: 4, column: 1, pattern: 'slugged', display: `shop_${'s'.repeat(40)}_...${slugged.slice(-4)}` },
      { line: 4, column: slugged.length + 2, pattern: 'dashed', display: `sk-my-own-shop-...${dashed.slice(-4)}` },
    ]);
  });

  it('shows nothing of a key but its prefix and its last four characters', () => {
    for (const key of [plain, slugged, dashed]) {
      const shown = JSON.stringify(scan(`x ${key} y`));
      for (let from = key.length - 49; from <= key.length - 5; from++) {
        expect(shown).not.toContain(key.slice(from, from + 5));
      }
    }
  });

  it('finds a key that is cut at any place, once', () => {
    const text = `first\n${slugged}\nlast`;
    const whole = scan(text);
    for (let cut = 0; cut <= text.length; cut++) expect(scan(text.slice(0, cut), text.slice(cut))).toEqual(whole);
    expect(scan(...text)).toEqual(whole);
  });

  it('finds the same, however a text is cut', () => {
    const part = fc.constantFrom(
      plain,
      slugged,
      dashed,
      '\n',
      ' ',
      'ex_live_',
      plain.slice(0, 40),
      'sk-',
      'x'.repeat(200),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), fc.array(fc.nat(400), { maxLength: 20 }), (parts, lengths) => {
        const text = parts.join('');
        const pieces: string[] = [];
        let rest = text;
        for (const length of lengths) {
          pieces.push(rest.slice(0, length));
          rest = rest.slice(length);
        }
        expect(scan(...pieces, rest)).toEqual(scan(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds a key that begins in what only looked like one', () => {
    const decoy = `ex_live_${'A'.repeat(42)}`;
    expect(places(`${decoy}${plain}`)).toEqual([[1, decoy.length + 1, 'live']]);
    expect(places(`ex_live_${plain}`)).toEqual([[1, 9, 'live']]);
    expect(places(`${plain}${plain}${dashed}`)).toHaveLength(3);
  });

  it('finds a key in a longer word, and behind an escape', () => {
    for (const text of [`\\n${plain}`, `%3D${plain}%26`, `my${plain}`, `${plain}_2`, `${plain}xyz`, `sk-${dashed}`]) {
      expect([text, places(text).length]).toEqual([text, 1]);
    }
  });

  it('takes no text for a key whose check digits are wrong', () => {
    for (let place = plain.length - 49; place < plain.length; place++) {
      const other = plain.charAt(place) === 'a' ? 'b' : 'a';
      expect(places(plain.slice(0, place) + other + plain.slice(place + 1))).toEqual([]);
    }
  });

  it('keeps less of what it has seen than one key is long, in a line without an end', () => {
    let longest = 0;
    const scanner = new TextScanner((text) => {
      longest = Math.max(longest, text.length);
      return findKeys(text);
    });
    for (let piece = 0; piece < 500; piece++) scanner.push('ex_live_'.repeat(128));
    expect(longest).toBeLessThan(1_024 + 149);
    expect(scanner.push(plain)).toMatchObject([{ line: 1, column: 500 * 1_024 + 1 }]);
  });

  it('takes time in proportion to the text, also where everything begins like a key', () => {
    const text = 'shop_shop-shop-a_sk-sk-'.repeat(40_000);
    const startedMs = performance.now();
    expect(scan(text)).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
