import { z } from 'zod';

/** `link=1`: the identity is to open the account that is signed in, now. */
export const linkQuery = z.strictObject({ link: z.literal('1').optional() });

export const identityId = z.string().min(1).max(64);
