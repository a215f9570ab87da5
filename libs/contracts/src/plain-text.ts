import { z } from 'zod';

/**
 * Text that people write: no control characters, which PostgreSQL (U+0000) or a terminal would not take, and no half of
 * a surrogate pair, which is no character and which PostgreSQL refuses in JSON.
 */
export const plainText = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not have control characters or lone surrogates');

/** An e-mail address as somebody typed it, blanks around it included: identity brings it into its one form. */
export const typedEmail = z
  .string()
  .max(320)
  .regex(/^[^\0\p{Cs}]*$/u, 'must not have control characters or lone surrogates');
