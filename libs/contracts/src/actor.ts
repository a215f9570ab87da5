import { z } from 'zod';

/** The four roles of a member, weakest last. */
export const roleSchema = z.enum(['owner', 'admin', 'developer', 'viewer']);
export type Role = z.infer<typeof roleSchema>;

/** On whose behalf a change is made: the gateway has authenticated it, the service writes it to the audit log. */
export const actorSchema = z.strictObject({
  /** The account; or the key, where a management key acts. */
  accountId: z.string(),
  organizationId: z.string(),
  /** Of the account in this organization; or the one that the key's creator had when the key was made. */
  role: roleSchema,
  /** The scopes of the management key that acts: it never gives more than it has. Absent: a person acts. */
  keyScopes: z.array(z.string()).optional(),
  address: z.string(),
  requestId: z.string(),
});
export type Actor = z.infer<typeof actorSchema>;
