import { typedEmail } from '@gatehouse/contracts/plain-text';
import { z } from 'zod';

/** What the endpoints of an API take. Strict: an unknown field is an error, never ignored. */
export const tokenBody = z.strictObject({
  email: typedEmail.min(1, 'is required'),
  password: z.string().min(1, 'is required').max(4096),
  second_factor: z.string().min(1).max(64).optional(),
});

export const refreshBody = z.strictObject({ refresh_token: z.string().min(1, 'is required').max(200) });
