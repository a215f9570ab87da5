import { BODY_DIGITS } from './key-format.js';
import { readKeyShape } from './parse-key.js';

/**
 * Whether a text is a key of any API: whatever it begins with, the rest has the form of a key and its check is right. Of
 * other texts with that form, one in 2^32 is taken for one.
 */
export function isSomeKey(text: string): boolean {
  return readKeyShape(text, [{ environment: '', head: text.slice(0, -BODY_DIGITS), tail: null }]).kind === 'key';
}
