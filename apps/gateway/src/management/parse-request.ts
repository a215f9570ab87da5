import type { z } from 'zod';
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

function errorsByField(issues: readonly z.core.$ZodIssue[]): Record<string, string> {
  const errors = new Map<string, string>();
  const add = (path: readonly PropertyKey[], message: string) => {
    const field = path.length === 0 ? 'body' : path.map(String).join('.').slice(0, 200);
    if (!errors.has(field)) errors.set(field, message);
  };
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys) add([...issue.path, key], 'is not a known field');
    else add(issue.path, issue.message);
  }
  return Object.fromEntries(errors);
}
