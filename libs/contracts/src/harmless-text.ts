import { z } from 'zod';

// Controls (line ends and escape sequences among them), format characters (which turn the direction of text), line and
// paragraph separators, and halves of surrogate pairs.
const PLAIN = /^[\x20-\x7e]*$/;
const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text that a stranger sent, made fit to be stored and shown: cut after `max` UTF-16 units, and U+FFFD for each character
 * that a terminal, a log or a database would not take as text. It is changed, never refused: whoever writes the text must
 * not be able to keep what it belongs to from being recorded.
 */
export function harmless(text: string, max: number): string {
  const cut = text.length > max ? text.slice(0, max) : text;
  return PLAIN.test(cut) ? cut : cut.replace(HARMFUL, '\ufffd');
}

/** A field with such text. */
export function harmlessText(max: number) {
  return z.string().transform((text) => harmless(text, max));
}
