import { z } from 'zod';

/** The four roles of a member, weakest last. */
export const roleSchema = z.enum(['owner', 'admin', 'developer', 'viewer']);
export type Role = z.infer<typeof roleSchema>;

/** On whose behalf a change is made: the gateway has authenticated it, the service writes it to the audit log. */
export const actorSchema = z.strictObject({
  accountId: z.string(),
  organizationId: z.string(),
  role: roleSchema,
  address: z.string(),
  requestId: z.string(),
});
export type Actor = z.infer<typeof actorSchema>;
