import { KEY_LENGTH_MAX } from '@gatehouse/key-domain/key-format';
import type { FindKeys, FoundKey } from './find-keys.js';

/** A key and where it stands; line and column begin at 1. */
export interface PlacedKey extends Pick<FoundKey, 'display' | 'pattern'> {
  readonly line: number;
  readonly column: number;
}

/** A place in the text at hand, the line that it is in, and where that line begins; before the text: less than 0. */
interface Place {
  readonly offset: number;
  readonly line: number;
  readonly lineStart: number;
}

/**
 * Looks for keys in a text that comes piece by piece. Of what was seen it keeps less than one key's length, so lines and
 * files may be of any size, and a key may be cut anywhere.
 */
export class TextScanner {
  private kept = '';
  private begin: Place = { offset: 0, line: 1, lineStart: 0 };

  constructor(private readonly findKeys: FindKeys) {}

  /** Takes the next piece. @returns the keys that end in it. */
  push(piece: string): PlacedKey[] {
    const text = this.kept + piece;
    const placed: PlacedKey[] = [];
    let place = this.begin;
    for (const { start, end, display, pattern } of this.findKeys(text)) {
      // Told with the piece before.
      if (end <= this.kept.length) continue;
      place = advance(text, place, start);
      placed.push({ line: place.line, column: start - place.lineStart + 1, display, pattern });
    }
    const keptFrom = Math.max(0, text.length - (KEY_LENGTH_MAX - 1));
    const { line, lineStart } = advance(text, this.begin, keptFrom);
    this.begin = { offset: 0, line, lineStart: lineStart - keptFrom };
    this.kept = text.slice(keptFrom);
    return placed;
  }
}

function advance(text: string, from: Place, offset: number): Place {
  let { line, lineStart } = from;
  for (let end = text.indexOf('\n', from.offset); end !== -1 && end < offset; end = text.indexOf('\n', lineStart)) {
    line++;
    lineStart = end + 1;
  }
  return { offset, line, lineStart };
}
