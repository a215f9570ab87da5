import type { HttpAnswer } from '../http/answer.js';

const FIRST_MS = 250;
const LONGEST_MS = 30_000;
const LONGEST_ASKED_FOR_MS = 300_000;

/** Answers that say nothing about the request itself. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * How long to wait before a request is sent again; undefined: sending it again will not help. As long as the platform
 * asks for, or twice as long each time, and up to a quarter more by chance, so that many do not come at once.
 * @param answer what came; an Error where nothing came
 * @param attempt how often it was sent, from 1
 * @param chance 0 to 1
 */
export function retryDelayMs(answer: HttpAnswer | Error, attempt: number, chance: number): number | undefined {
  if (!(answer instanceof Error) && !PASSING.has(answer.status)) return undefined;
  const askedMs = answer instanceof Error ? 0 : Math.min((answer.retryAfterSeconds ?? 0) * 1_000, LONGEST_ASKED_FOR_MS);
  const ownMs = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS);
  return Math.round(Math.max(askedMs, ownMs) * (1 + chance / 4));
}
