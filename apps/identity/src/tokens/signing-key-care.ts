/** How long a key signs before the next one takes over. */
const SIGNS_SECONDS = 90 * 24 * 60 * 60;
/** How long a key is published before it signs, so that whoever keeps the published keys for a while knows it by then. */
const PUBLISHED_BEFORE_SECONDS = 10 * 60;
/** How long a key is still accepted after it signed last: the longest life of a token, and the time to hear of it. */
const ACCEPTED_AFTER_SECONDS = 60 * 60 + 5 * 60;

/** `next` is published only, `current` signs, `retired` is still accepted. What is removed is accepted no more. */
export type SigningKeyState = 'next' | 'current' | 'retired';

export interface SigningKeyFacts {
  readonly kid: string;
  readonly state: SigningKeyState;
  readonly stateSinceMs: number;
}

/** What is to be done about the keys. */
export interface SigningKeyCare {
  readonly rotate: boolean;
  readonly makeNext: boolean;
  /** By their `kid`. */
  readonly remove: readonly string[];
}

/** Decides what time asks for: the next key is made ahead, takes over when the current one is old, and old ones go. */
export function careForKeys(keys: readonly SigningKeyFacts[], nowMs: number): SigningKeyCare {
  const ageSeconds = ({ stateSinceMs }: SigningKeyFacts) => (nowMs - stateSinceMs) / 1_000;
  const current = keys.find(({ state }) => state === 'current');
  const next = keys.find(({ state }) => state === 'next');
  const rotate =
    current !== undefined &&
    next !== undefined &&
    ageSeconds(current) >= SIGNS_SECONDS &&
    ageSeconds(next) >= PUBLISHED_BEFORE_SECONDS;
  return {
    rotate,
    makeNext: next === undefined || rotate,
    remove: keys
      .filter((key) => key.state === 'retired' && ageSeconds(key) >= ACCEPTED_AFTER_SECONDS)
      .map(({ kid }) => kid),
  };
}
