import { z } from 'zod';
import { headerName, roleNames, scopeName } from './names.js';

const endpointPath = z
  .string()
  .max(200)
  .regex(
    /^(\/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+$/,
    'must be a path of plain segments, such as /v1/auth/token, without a trailing slash',
  );

const endpoints = z
  .strictObject({
    token: endpointPath.describe('POST there signs in with e-mail and password.'),
    refresh: endpointPath.describe('POST there gives a new pair for a refresh token.'),
    refreshPrefix: z
      .string()
      .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*_$/, 'must be lower case words with _ behind each')
      .max(30)
      .describe('What refresh tokens begin with.'),
  })
  .describe('What the gateway answers itself under paths of this API; the upstream never sees them.');

/** How an API takes people by access tokens (RFC 9068), beside programs with keys. */
export const tokensSchema = z
  .strictObject({
    header: headerName.default('Authorization').describe('Where an access token is sent, behind the word Bearer.'),
    accepts: z
      .array(z.enum(['platform', 'own'], { error: 'must be platform or own' }))
      .min(1, 'must name platform, own or both')
      .describe("platform: tokens of a sign-in to the platform's own pages; own: tokens issued for this API."),
    endpoints: endpoints.optional(),
    scopes: z
      .partialRecord(roleNames, z.array(scopeName))
      .default({})
      .describe(
        'Role in the organization -> what a person may do here. Unnamed roles have what they may give to a key; viewers, who may give nothing, have nothing.',
      ),
  })
  .describe('Left out where the API takes keys only.');
