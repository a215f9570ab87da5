import { COMMON_WORDS } from './common-words.js';

/** Characters besides the guessable words that make a password more than those words. */
const MIN_OWN_CHARACTERS = 5;
/** More than this many different common words are a passphrase, not padding. */
const MAX_COMMON_WORDS = 2;
/** Shorter context words would occur by chance. */
const MIN_CONTEXT_LENGTH = 3;
const MAX_PERIOD = 4;

/** Letters that people write as digits or signs. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
const RUNS = ['abcdefghijklmnopqrstuvwxyz', '0123456789', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** Whether a password falls to a short list of guesses: words that everybody uses, padded, joined, repeated, in sequence. */
export function isEasyToGuess(password: string, contextWords: readonly string[]): boolean {
  const lower = password.toLowerCase();
  if (isRepetition(lower) || isSequence(lower)) return true;
  const context = contextWords
    .map((word) => word.toLowerCase().normalize('NFC'))
    .filter((word) => [...word].length >= MIN_CONTEXT_LENGTH);
  return isPaddedWords(lower, context) || isPaddedWords(withLetters(lower), context.map(withLetters));
}

/** Common and context words, and almost nothing else. */
function isPaddedWords(text: string, contextWords: readonly string[]): boolean {
  let rest = text;
  let found = false;
  for (const word of [...contextWords].sort(longestFirst)) {
    if (!rest.includes(word)) continue;
    rest = rest.replaceAll(word, ' ');
    found = true;
  }
  let commonWords = 0;
  for (const word of WORDS) {
    if (!rest.includes(word)) continue;
    rest = rest.replaceAll(word, ' ');
    commonWords += 1;
    found = true;
  }
  return found && commonWords <= MAX_COMMON_WORDS && ownCharacters(rest) < MIN_OWN_CHARACTERS;
}

/** Letters that are left, each run of one letter counted once; digits and signs are padding. */
function ownCharacters(text: string): number {
  return [...text.replace(/[^\p{L}]/gu, '').replace(/(.)\1+/gu, '$1')].length;
}

/** `aaaaaaaaaaaa`, `abcabcabcabc`, and the like with the last round cut short. */
function isRepetition(text: string): boolean {
  const characters = [...text];
  for (let period = 1; period <= MAX_PERIOD; period += 1) {
    if (characters.every((character, at) => character === characters[at % period])) return true;
  }
  return false;
}

/** Only neighbours on the keyboard or in the alphabet, with at most three jumps. */
function isSequence(text: string): boolean {
  let jumps = 0;
  for (let at = 1; at < text.length; at += 1) {
    const pair = text.slice(at - 1, at + 1);
    const back = `${pair[1]}${pair[0]}`;
    if (pair[0] !== pair[1] && !RUNS.some((run) => run.includes(pair) || run.includes(back))) jumps += 1;
  }
  return jumps <= 3;
}

function withLetters(text: string): string {
  return [...text].map((character) => LOOKALIKES[character] ?? character).join('');
}

function longestFirst(one: string, other: string): number {
  return other.length - one.length;
}

const WORDS = COMMON_WORDS.trim().split(/\s+/).sort(longestFirst);
