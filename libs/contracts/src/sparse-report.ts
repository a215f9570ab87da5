import { z } from 'zod';
import { harmlessText } from './harmless-text.js';
import { GENERATION_MAX, loggedRequest, MOMENT_MAX, name, reportId, USAGE_TEXT_MAX } from './usage-report.js';

/** Into how many parts keys are divided, so that the uses of one part can be gathered and counted together; a power of two. */
export const SHARDS = 128;
/** How many uses a report has at most. */
export const SPARSE_USES_MAX = 1_000;

/** The part that a key belongs to, for every gateway the same. */
export function shardOf(keyId: string): number {
  let hash = 0;
  for (let index = 0; index < keyId.length; index++) hash = (Math.imul(hash, 31) + keyId.charCodeAt(index)) >>> 0;
  return (hash ^ (hash >>> 16)) & (SHARDS - 1);
}

const text = harmlessText(USAGE_TEXT_MAX);

/** Many values of one kind: looked at in one go, which takes a fifth of the time that a schema for each of them does. */
const column = <Item>(isItem: (value: unknown) => value is Item) =>
  z.custom<Item[]>((values) => Array.isArray(values) && values.length <= SPARSE_USES_MAX && values.every(isItem));
const wholeNumber =
  (max: number) =>
  (value: unknown): value is number =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
const isKeyId = (value: unknown): value is string => typeof value === 'string' && KEY_ID.test(value);
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

/** As far as it has to be harmless: what is none is told of no key. */
const KEY_ID = /^[\x21-\x7e]{1,64}$/;

const texts = <Item extends z.ZodType>(item: Item) => z.array(item).max(SPARSE_USES_MAX);

/** Callers, each of which uses name by its place; one that comes twice is counted as one. */
const callers = z.strictObject({ addresses: texts(name), userAgents: texts(text), routes: texts(text) });

/** One request in each place; none of them with a secret that is being replaced. */
const uses = z.strictObject({
  keyIds: column(isKeyId),
  generations: column(wholeNumber(GENERATION_MAX)),
  atMs: column(wholeNumber(MOMENT_MAX)),
  /** Place in `callers`. */
  callers: column(wholeNumber(SPARSE_USES_MAX)),
  /** Place in `scopeSets`: the scopes that it needed. */
  scopes: column(wholeNumber(SPARSE_USES_MAX)),
  /** Of those that were refused 0. */
  costs: column(wholeNumber(Number.MAX_SAFE_INTEGER)),
  refused: column(isBoolean),
  /** Whether it is in `log`. */
  logged: column(isBoolean),
});

/**
 * What a gateway tells of requests with keys that came seldom: one by one and in columns, which costs a hundredth of a
 * usage report. They are counted when the database has time for it. Counts once under its id, as usage reports do.
 */
export const sparseReportSchema = z
  .strictObject({
    reportId,
    shard: z
      .number()
      .int()
      .min(0)
      .max(SHARDS - 1),
    callers,
    scopeSets: texts(z.array(name)),
    uses,
    log: z.array(loggedRequest.extend({ keyId: name })),
  })
  .refine(
    ({ callers: { addresses, userAgents, routes } }) =>
      userAgents.length === addresses.length && routes.length === addresses.length,
    'columns of callers are not equally long',
  )
  .refine(
    ({ uses: of }) => Object.values(of).every(({ length }) => length === of.keyIds.length),
    'columns of uses are not equally long',
  )
  .refine(
    ({ callers: { addresses }, scopeSets, uses: of }) =>
      of.callers.every((one) => one < addresses.length) && of.scopes.every((one) => one < scopeSets.length),
    'a use names what is not there',
  );
export type SparseReport = z.output<typeof sparseReportSchema>;
