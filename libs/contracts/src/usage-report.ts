import { z } from 'zod';
import { harmlessText } from './harmless-text.js';

/** How much of a user agent, a path or the pattern of a route is kept, in UTF-16 units. */
export const USAGE_TEXT_MAX = 256;
/** How many callers of one secret a report may have, and how many newest ones are kept. */
export const CALLERS_MAX = 50;

/** The end of the year 9999: Unix milliseconds. */
export const MOMENT_MAX = 253_402_300_799_999;
export const GENERATION_MAX = 2_147_483_647;

const count = z.number().int().min(0);
const moment = z.number().int().min(0).max(MOMENT_MAX);
const generation = z.number().int().min(0).max(GENERATION_MAX);
export const name = harmlessText(64);
export const reportId = z.string().regex(/^[0-9a-f]{32}$/);
const text = harmlessText(USAGE_TEXT_MAX);

const lastUse = { lastAtMs: moment, address: name, userAgent: text, route: text };

const hourUse = z.strictObject({ startMs: moment, requests: count, refused: count, cost: count, unlogged: count });

const scopeUse = z.strictObject({ scope: name, dayMs: moment, uses: count, lastAtMs: moment });

const callerUse = z.strictObject({ uses: count, ...lastUse });

const secretUse = z.strictObject({
  generation,
  /** Whether these requests came while the secret was one that a rotation has replaced. */
  retiring: z.boolean(),
  uses: count,
  lastAtMs: moment,
  callers: z.array(callerUse),
});

export const loggedRequest = z.strictObject({
  requestId: name,
  atMs: moment,
  generation,
  address: name,
  userAgent: text,
  method: name,
  path: text,
  route: text,
  status: z.number().int().min(0).max(999),
  outcome: name,
  cost: count,
});

/** What one key was used for since the last report; a long one comes in several parts, which add up. */
const keyUse = z.strictObject({
  keyId: name,
  last: z.strictObject(lastUse).nullable(),
  hours: z.array(hourUse),
  scopes: z.array(scopeUse),
  secrets: z.array(secretUse),
  log: z.array(loggedRequest),
});
export type KeyUse = z.output<typeof keyUse>;

/**
 * What a gateway tells the keys service about requests that have ended. Amounts are to be added to what is known; a
 * report that comes twice under one id counts once. Texts were written by strangers and are cleaned by the schema.
 */
export const usageReportSchema = z.strictObject({
  reportId,
  keys: z.array(keyUse),
});
export type UsageReport = z.output<typeof usageReportSchema>;

/** `unavailable`: nothing was counted; the same report may be sent again. */
export type UsageAnswer = 'counted' | 'unavailable';

const ANSWERS: readonly UsageAnswer[] = ['unavailable', 'counted'];

export function encodeUsageAnswer(answer: UsageAnswer): Uint8Array {
  return Uint8Array.of(ANSWERS.indexOf(answer));
}

/** What is no answer of ours counts as `unavailable`: sending again is harmless. */
export function decodeUsageAnswer(payload: Uint8Array): UsageAnswer {
  return ANSWERS[payload[0] ?? 0] ?? 'unavailable';
}
