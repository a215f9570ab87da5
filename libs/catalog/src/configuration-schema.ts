import { z } from 'zod';
import { catalogName, quotas, scopeName } from './profile-schema.js';

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
  .literal('queried', {
    error: ({ input }) =>
      input === 'leased' ? 'leased is not in this version yet; queried gives the same guarantee' : 'must be queried',
  })
  .default('queried');

const route = z.strictObject({
  match: z
    .string()
    .regex(
      /^([A-Z]+|\*) (\/|(\/(\*\*?|[A-Za-z0-9._~!$&'()+,=:@-]+))+)$/,
      'must be a method and a path, such as POST /v1/invoices/*, with * or ** as whole segments',
    )
    .refine((match) => !/\/\.\.?(\/|$)/.test(match), 'must not have the segments . and ..')
    .describe('Method and path, POST /v1/x; * is any method or one segment, ** any number of segments.'),
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
  .strictObject({ key: quotas.optional(), organization: quotas.optional() })
  .describe("What is given replaces the profile's quotas of that subject; {} takes them away.");
const planOverrides = z.record(catalogName, planOverride).default({});

const api = z.strictObject({
  name: catalogName,
  profile: catalogName.describe('Names a file of the folder profiles.'),
  hosts: z.array(host).default([]).describe("Host names, beside /apis/<name>/ on the platform's own host."),
  upstream: upstream.describe('http(s)://host[:port][/path], or example for the one that ships with Gatehouse.'),
  verification,
  limiterOutage: z
    .enum(['deny', 'allow', 'local'], { error: 'must be deny, allow or local' })
    .default('local')
    .describe('What happens when limits cannot be asked; local: each gateway enforces its share.'),
  routes: z
    .array(route)
    .default([{ match: '* /**', scopes: [], cost: 1 }])
    .describe('The first row that matches a request decides what it needs; without a match it is refused with 404.'),
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
