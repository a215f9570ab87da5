import { roleSchema } from '@gatehouse/contracts/actor';
import { z } from 'zod';

/** What names an API, a profile, a plan or an environment. */
export const catalogName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower case letters, digits and hyphens, 40 at most');

export const headerName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be a header name');

export const scopeName = z
  .string()
  .regex(/^[a-z][a-z0-9_:.-]{0,63}$/, 'must be lower case letters, digits and . _ : -, 64 at most');

export const roleNames = z.enum(roleSchema.options, { error: `must be one of ${roleSchema.options.join(', ')}` });
