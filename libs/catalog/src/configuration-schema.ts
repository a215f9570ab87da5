import { z } from 'zod';
import { catalogName, scopeName } from './names.js';
import { keysMax } from './profile-schema.js';
import { quotas } from './quotas-schema.js';

const host = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'must be a host name in lower case, without scheme, port and path',
  );

const upstream = z.string().superRefine((value, context) => {
  const message = upstreamProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const verification = z
  .enum(['queried', 'leased'], { error: 'must be queried or leased' })
  .default('queried')
  .describe(
    'queried: the keys service is asked for every request; leased: gateways remember keys under a lease. A revoke holds at once either way.',
  );

const limits = z
  .enum(['queried', 'leased'], { error: 'must be queried or leased' })
  .default('queried')
  .describe(
    'queried: the limiter is asked for every request; leased: gateways have a part of the quotas of busy callers charged ahead, where all their limits are fixed windows. Never more than a quota either way.',
  );

const route = z.strictObject({
  match: z
    .string()
    .regex(
      /^([A-Z]+|\*) (\/|(\/(\*\*?|\{project\}|[A-Za-z0-9._~!$&'()+,=:@-]+))+)$/,
      'must be a method and a path, such as POST /v1/invoices/*, with *, ** or {project} as whole segments',
    )
    .refine((match) => !/\/\.\.?(\/|$)/.test(match), 'must not have the segments . and ..')
    .refine((match) => !/\{project\}.*\{project\}/.test(match), 'may have {project} once')
    .refine(
      (match) => !/\/\*\*\/.*\{project\}/.test(match),
      'must not have {project} behind **, where it has no certain place',
    )
    .describe(
      "Method and path, POST /v1/x; * is any method or one segment, ** any number of segments, {project} one segment that must be the id of the key's project.",
    ),
  scopes: z.array(scopeName).default([]).describe('All of these are needed.'),
  cost: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .max(1_000_000, 'must be 1000000 at most')
    .default(1)
    .describe('What one request takes from each limit.'),
});

const planOverride = z
  .strictObject({ key: quotas.optional(), organization: quotas.optional(), keysMax: keysMax.optional() })
  .describe("What is given replaces the profile's quotas of that subject; {} takes them away.");
const planOverrides = z.record(catalogName, planOverride).default({});

/** Fewer characters behind its prefix, and a key could be guessed. */
const IMPORTED_BODY_MIN = 16;

const importedForm = {
  prefix: z
    .string()
    .max(60, 'must have 60 characters at most')
    .regex(/^[\x21-\x2b\x2d-\x7e]*$/, 'must be visible ASCII without commas')
    .describe('What these keys begin with; empty where they have nothing in common.'),
  length: z
    .number()
    .int('must be a whole number')
    .min(IMPORTED_BODY_MIN, `must be ${IMPORTED_BODY_MIN} or more`)
    .max(256, 'must be 256 at most')
    .describe('Characters of the whole key, its prefix included.'),
};

const importedKeys = z
  .discriminatedUnion(
    'digest',
    [
      z.strictObject({
        ...importedForm,
        digest: z.literal('sha256'),
        pepper: z.never('must not be here: sha256 takes none').optional(),
      }),
      z.strictObject({
        ...importedForm,
        digest: z.literal('hmac-sha256'),
        pepper: z
          .string()
          .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be a name: letters, digits, _ and -, 64 at most')
          .describe('Names an entry of the environment variable IMPORT_PEPPERS.'),
      }),
    ],
    { error: 'must be sha256 or hmac-sha256' },
  )
  .superRefine(({ prefix, length }, context) => {
    const lengthMin = prefix.length + IMPORTED_BODY_MIN;
    if (length >= lengthMin || length < IMPORTED_BODY_MIN) return;
    const message = `must be ${lengthMin} or more: ${IMPORTED_BODY_MIN} characters behind the prefix`;
    context.addIssue({ code: 'custom', path: ['length'], message });
  });

const api = z.strictObject({
  name: catalogName,
  profile: catalogName.describe('Names a file of the folder profiles.'),
  hosts: z.array(host).default([]).describe("Host names, beside /apis/<name>/ on the platform's own host."),
  upstream: upstream.describe('http(s)://host[:port][/path], or example for the one that ships with Gatehouse.'),
  verification,
  limits,
  upstreamIdentity: z
    .enum(['token', 'headers'], { error: 'must be token or headers' })
    .default('token')
    .describe(
      'How the upstream learns who calls. token: headers, and a signed token that proves them. headers: headers alone, which cost less where many keys are in use; only for an upstream that nobody but the gateway can reach.',
    ),
  limiterOutage: z
    .enum(['deny', 'allow', 'local'], { error: 'must be deny, allow or local' })
    .default('local')
    .describe('What happens when limits cannot be asked; local: each gateway enforces its share.'),
  routes: z
    .array(route)
    .default([{ match: '* /**', scopes: [], cost: 1 }])
    .describe('The first row that matches a request decides what it needs; without a match it is refused with 404.'),
  environments: z
    .array(catalogName)
    .min(1, 'must name at least one environment')
    .optional()
    .describe('Only keys of these environments are issued and accepted; without it, all of the profile.'),
  leakPolicy: z
    .enum(['revoke', 'quarantine', 'notify'], { error: 'must be revoke, quarantine or notify' })
    .default('revoke')
    .describe('What happens to a key that was found in public.'),
  importedKeys: z
    .array(importedKeys)
    .default([])
    .describe('The forms of keys that a former system issued and that go on working.'),
  plans: planOverrides,
});

/** gatehouse.yaml: which APIs are published, where they are, what their routes need. */
export const configurationSchema = z.strictObject({
  apis: z.array(api).min(1, 'must name at least one API'),
  plans: planOverrides.describe("For every API whose profile has the plan; an API's own plans go before it."),
  gateways: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .max(10_000, 'must be 10000 at most')
    .default(1)
    .describe('How many gateways there are, for the share that each enforces while limits cannot be asked.'),
});

export type Configuration = z.infer<typeof configurationSchema>;
export type ApiConfiguration = Configuration['apis'][number];
export type PlanOverrides = Configuration['plans'];

function upstreamProblem(value: string): string | undefined {
  if (value === 'example') return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:\/\//.test(value)) return 'must be an http:// or https:// address, or example';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password';
  if (url.search !== '' || url.hash !== '') return 'must end with the path, without ? and #';
  return undefined;
}
