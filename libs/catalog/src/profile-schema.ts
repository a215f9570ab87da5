import { PROJECT_SLUG } from '@gatehouse/key-domain/key-prefix';
import { z } from 'zod';
import { catalogName, headerName, roleNames, scopeName } from './names.js';
import { quotas } from './quotas-schema.js';
import { REFUSALS, type RefusalCode } from './refusals.js';
import { tokensSchema } from './tokens-schema.js';
import { WINDOW_SECONDS, type WindowName } from './window-seconds.js';

const headerValue = z.string().regex(/^[\x20-\x7e]*$/, 'must be printable ASCII, since it goes into a header');
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

const windowNames = Object.keys(WINDOW_SECONDS) as [WindowName, ...WindowName[]];

/** How many live keys one organization may have; null: any number. */
export const keysMax = z
  .number()
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(1_000_000, 'must be 1000000 at most')
  .nullable()
  .describe('How many live keys of this API an organization may have; null: any number.');

const planSchema = z.strictObject({
  key: quotas.default({}).describe('For each key.'),
  organization: quotas.default({}).describe('For all keys of one organization together.'),
  keysMax: keysMax.default(null),
});

/**
 * What keys of one environment begin with: words with `_` or `-` behind each. One word, but not the first, may be
 * `{project_slug}`, the slug of the key's project [T1].
 */
const keyPrefix = z
  .string()
  .regex(
    /^[a-z][a-z0-9]*([_-]([a-z0-9]+|\{[^{}]*\}))*[_-]$/,
    'must be lower case words that end in _ or -; one of them, but not the first, may be {project_slug}',
  )
  .superRefine((prefix, context) => {
    const message = prefixProblem(prefix);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** A permission: its description alone, or with the roles of the members who may give it to a key. */
const scope = z
  .union(
    [
      z.string(),
      z.strictObject({
        description: z.string().default(''),
        roles: z.array(roleNames).min(1, 'must name at least one role').optional(),
      }),
    ],
    { error: 'must be a description, or a mapping with description and roles' },
  )
  .transform((given) =>
    typeof given === 'string'
      ? { description: given, roles: null }
      : { description: given.description, roles: given.roles ?? null },
  );

const rotation = z
  .strictObject({
    inPlace: z.boolean().default(true).describe('Whether a key can get a new secret; false: create, swap, revoke.'),
    graceSecondsMax: z
      .number()
      .int('must be a whole number')
      .min(0, 'must be 0 or more')
      .max(31_536_000, 'must be 31536000 (a year) at most')
      .default(604_800)
      .describe('How long the old secret may work beside the new one at most.'),
    remindAfterDays: z
      .number()
      .int('must be a whole number')
      .min(1, 'must be 1 or more')
      .max(36_500, 'must be 36500 at most')
      .nullable()
      .default(null)
      .describe('A key whose secret is older is marked as due for rotation; null: never.'),
  })
  .prefault({});

/** A profile: how one published API looks to its consumers. Data only. */
export const profileSchema = z.strictObject({
  name: catalogName,
  description: z.string().default(''),
  key: z.strictObject({
    prefixes: z
      .record(catalogName, keyPrefix)
      .refine((prefixes) => Object.keys(prefixes).length > 0, 'must have at least one environment')
      .refine((prefixes) => new Set(Object.values(prefixes)).size === Object.keys(prefixes).length, 'must differ')
      .describe(
        'Environment -> what its keys begin with; {project_slug} stands for the slug of the project. The first one is the default.',
      ),
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
  tokens: tokensSchema.optional(),
  browserRequests: z
    .enum(['allow', 'refuse'], { error: 'must be allow or refuse' })
    .default('allow')
    .describe("Whether a request that a browser's script sends may carry a key. An access token is made for browsers."),
  scopes: z
    .record(scopeName, scope)
    .describe('Every permission that a key can have -> what it allows, and which members may grant it.'),
  roles: z
    .record(
      catalogName,
      z.strictObject({
        description: z.string().default(''),
        scopes: z.array(scopeName).min(1, 'must name at least one scope'),
      }),
    )
    .default({})
    .describe('Named groups of scopes, for creating keys.'),
  plans: z.record(catalogName, planSchema),
  defaultPlan: catalogName.describe('For organizations whose own plan this API does not have.'),
  rotation,
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
        .describe(
          '{limit}, {remaining}, {reset} of one window; of which, and on which answers, limitsWindow and limitsOn say. {policies} and {service_limits} of all windows, as the fields RateLimit-Policy and RateLimit of the IETF have them.',
        ),
      limitsOn: z
        .enum(['charged', 'every'], { error: 'must be charged or every' })
        .default('charged')
        .describe('charged: answers for which a limit was asked; every: all answers, errors too.'),
      limitsWindow: z
        .enum(windowNames, { error: `must be one of ${windowNames.join(', ')}` })
        .nullable()
        .default(null)
        .describe('Whose numbers headers.limits tell while none of the windows refuses; null: those of the tightest.'),
      limited: z
        .record(headerName, headerValue)
        .default({})
        .describe('On 429 and 503, beside Retry-After, which is always sent there: {retry_after}.'),
    })
    .prefault({}),
});

export type Profile = z.infer<typeof profileSchema>;

/** Characters of a prefix beside the slug, which has 40 at most. */
const PREFIX_TEXT_MAX = 60;

function prefixProblem(prefix: string): string | undefined {
  const placeholders = prefix.match(/\{[^{}]*\}/g) ?? [];
  const unknown = placeholders.find((placeholder) => placeholder !== PROJECT_SLUG);
  if (unknown !== undefined) return `${unknown} is not known here; known is ${PROJECT_SLUG}`;
  if (placeholders.length > 1) return `may have ${PROJECT_SLUG} once`;
  if (prefix.length - placeholders.length * PROJECT_SLUG.length > PREFIX_TEXT_MAX) {
    return `must have ${PREFIX_TEXT_MAX} characters at most`;
  }
  return undefined;
}
