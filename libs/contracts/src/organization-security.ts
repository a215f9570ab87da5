import { z } from 'zod';
import { contract } from './contract.js';
import { personSchema, wantedProofSchema } from './identity.js';
import { plainText } from './plain-text.js';

/**
 * What an owner asks of everybody who enters the organization. It holds at each member's next request: a session that has not
 * shown what is asked has no membership there. The owner's own session must have shown it.
 */
export const setOrganizationSecurity = contract(
  'gatehouse.v1.identity.organizations.secure',
  z.strictObject({
    person: personSchema,
    organizationId: plainText.max(64),
    requiresSecondFactor: z.boolean(),
    requiresSso: z.boolean(),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('set') }),
    z.strictObject({ kind: z.literal('session_ended') }),
    z.strictObject({ kind: z.literal('reauth_required') }),
    z.strictObject({ kind: z.literal('not_permitted') }),
    z.strictObject({ kind: z.literal('stronger_sign_in_required'), wants: z.array(wantedProofSchema) }),
  ]),
);
