import type { z } from 'zod';

/** A list of thousands may be wrong in each of its entries. */
const FIELDS_TOLD_MAX = 100;

/** What is wrong with a body or a query, by field; the first thing of each. */
export function errorsByField(issues: readonly z.core.$ZodIssue[]): Record<string, string> {
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
  return Object.fromEntries([...errors].slice(0, FIELDS_TOLD_MAX));
}
