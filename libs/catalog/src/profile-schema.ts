import { z } from 'zod';
import { REFUSALS, type RefusalCode } from './refusals.js';

/** What names an API, a profile, a plan or an environment. */
export const catalogName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower case letters, digits and hyphens, 40 at most');
const headerName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be a header name');
const headerValue = z.string().regex(/^[\x20-\x7e]*$/, 'must be printable ASCII, since it goes into a header');
export const scopeName = z
  .string()
  .regex(/^[a-z][a-z0-9_:.-]{0,63}$/, 'must be lower case letters, digits and . _ : -, 64 at most');

/** Any JSON value whose strings may hold `{placeholders}`; see render-template.ts for what they stand for. */
const template: z.ZodType<Template> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(template), z.record(z.string(), template)], {
    error: 'must be what JSON can say: text, a number, true, false, null, a list or a mapping of these',
  }),
);
export type Template = string | number | boolean | null | readonly Template[] | { readonly [field: string]: Template };

/** How one refusal is said: other words, another status, or another shape than the profile's `body`. */
const refusalWords = z
  .object({
    status: z.number().int().min(400, 'must be 400 to 599').max(599, 'must be 400 to 599').optional(),
    body: template.optional(),
    message: z.string().optional(),
  })
  .catchall(template);

const fallbackWords = refusalWords.extend({
  status: z.never('must not be here: only a single refusal can have another status').optional(),
});

const refusalCodes = Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]];

/** Quotas by window: `second`, `minute`, `hour`, `day`; windows of one subject apply together. */
export const quotas = z.partialRecord(
  z.enum(['second', 'minute', 'hour', 'day']),
  z.number().int('must be a whole number').min(1, 'must be 1 or more').max(4_000_000_000, 'must be 4000000000 at most'),
);

const planSchema = z.strictObject({
  key: quotas.default({}).describe('For each key.'),
  organization: quotas.default({}).describe('For all keys of one organization together.'),
});

/** A profile: how one published API looks to its consumers. Data only. */
export const profileSchema = z.strictObject({
  name: catalogName,
  description: z.string().default(''),
  key: z.strictObject({
    prefixes: z
      .record(
        catalogName,
        z
          .string()
          .max(60, 'must have 60 characters at most')
          .regex(/^[a-z][a-z0-9]*([_-][a-z0-9]+)*[_-]$/, 'must be lower case words that end in _ or -'),
      )
      .refine((prefixes) => Object.keys(prefixes).length > 0, 'must have at least one environment')
      .refine((prefixes) => new Set(Object.values(prefixes)).size === Object.keys(prefixes).length, 'must differ')
      .describe('Environment -> what its keys begin with. The first one is the default.'),
  }),
  credentials: z
    .array(
      z.strictObject({
        header: headerName,
        scheme: z
          .string()
          .regex(/^[A-Za-z]+$/, 'must be one word, such as Bearer')
          .optional(),
      }),
    )
    .min(1, 'must name at least one place')
    .describe(
      'Where a credential may be, in the order in which they are read. Without a scheme it is the whole value.',
    ),
  browserRequests: z
    .enum(['allow', 'refuse'], { error: 'must be allow or refuse' })
    .default('allow')
    .describe("Whether a request that a browser's script sends may carry a key."),
  scopes: z.record(scopeName, z.string()).describe('Every permission that a key can have -> what it allows.'),
  plans: z.record(catalogName, planSchema),
  defaultPlan: catalogName.describe('For organizations whose own plan this API does not have.'),
  errors: z.strictObject({
    contentType: z
      .string()
      .regex(/^application\/([a-z0-9.-]+\+)?json(; ?charset=utf-8)?$/, 'must be application/json or a kind of it')
      .default('application/json'),
    body: template.describe(
      'The body of every refusal; {placeholders} stand for its message, its other words and what the gateway knows.',
    ),
    refusals: z.partialRecord(z.enum(refusalCodes), refusalWords).default({}).describe('Words of single refusals.'),
    fallback: z
      .record(z.string().regex(/^([45]\d\d|default)$/, 'must be a status or default'), fallbackWords)
      .default({})
      .describe('Words by status, as "401", and "default" for every status; what refusals says goes before them.'),
  }),
  headers: z
    .strictObject({
      limits: z
        .record(headerName, headerValue)
        .default({})
        .describe('On every answer for which a limit was asked: {limit}, {remaining}, {reset} of the tightest window.'),
      limited: z
        .record(headerName, headerValue)
        .default({})
        .describe('On 429 and 503, beside Retry-After, which is always sent there: {retry_after}.'),
    })
    .prefault({}),
});

export type Profile = z.infer<typeof profileSchema>;
export type Plan = z.infer<typeof planSchema>;
