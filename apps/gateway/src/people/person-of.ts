import type { personSchema } from '@gatehouse/contracts/identity';
import type { z } from 'zod';

/** Who changes the own account, as identity wants to be told: it reads the session again before it changes anything. */
export function personOf(
  session: { readonly sessionId: string; readonly account: { readonly id: string } },
  origin: z.input<typeof personSchema>['origin'],
): z.input<typeof personSchema> {
  return { accountId: session.account.id, sessionId: session.sessionId, origin };
}
