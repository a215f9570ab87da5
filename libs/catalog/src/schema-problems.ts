import type { z } from 'zod';
import type { Path, Problem } from './problem.js';

const KIND_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'empty',
};

/** What a schema found wrong, in words for the author of the file, each at the entry that is to blame. */
export function schemaProblems(error: z.ZodError, document: unknown): Problem[] {
  return problemsOf(error.issues, [], document);
}

function problemsOf(issues: readonly z.core.$ZodIssue[], above: Path, document: unknown): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...(issue.path as Path)];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key): Problem => ({ path: [...path, key], at: 'key', message: 'is not known here' }));
      case 'invalid_key':
        return [{ path, at: 'key', message: issue.issues.map((inner) => inner.message).join('; ') }];
      case 'invalid_type':
        // Of what must not be there, the schema says why.
        if (issue.expected === 'never') return [{ path, message: issue.message }];
        return [{ path, message: wrongKind(issue.expected, path, document) }];
      case 'invalid_union': {
        const meant = issue.errors.find(isWithin);
        if (meant !== undefined) return problemsOf(meant, path, document);
        return [{ path, message: isMissing(path, document) ? 'is missing' : issue.message }];
      }
      default:
        return [{ path, message: isMissing(path, document) ? 'is missing' : issue.message }];
    }
  });
}

/** Of several forms that something may have, the one that was meant is right as a whole and wrong in its parts. */
function isWithin(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys');
}

function wrongKind(expected: string, path: Path, document: unknown): string {
  const kind = KIND_NAMES[expected] ?? expected;
  if (isMissing(path, document)) return `is missing; it must be ${kind}`;
  return `must be ${kind}`;
}

function isMissing(path: Path, document: unknown): boolean {
  let value = document;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return true;
    value = (value as Record<string | number, unknown>)[part];
  }
  return false;
}
