import type { z } from 'zod';
import { errorsByField } from './errors-by-field.js';
import { Refusal } from './refusal.js';

/**
 * Parses a body or a query with its schema. An absent body counts as an empty one.
 * @throws Refusal validation_error, with every field that is missing, unknown or not valid
 */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  throw new Refusal('validation_error', { errors: errorsByField(parsed.error.issues) });
}
