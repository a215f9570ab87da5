import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A start that cannot go on: the message names every variable that is wrong, and never shows a value. */
export class ConfigurationError extends Error {}

/**
 * Parses the environment with a schema and freezes the result. Every variable may also come as `<NAME>_FILE`, the path
 * of a file that holds the value (Docker and Kubernetes secrets); naming both is an error.
 * @throws ConfigurationError
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<z.infer<z.ZodObject<Shape>>> {
  const given: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of Object.keys(shape)) {
    const value = readVariable(name, environment, problems);
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = z.object(shape).safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = issue.path.join('.');
      problems.push(`${name}: ${given[name] === undefined ? 'is required' : issue.message}`);
    }
  }
  if (problems.length > 0 || !parsed.success) {
    throw new ConfigurationError(
      `The environment is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  return Object.freeze(parsed.data);
}

function readVariable(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): string | undefined {
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return environment[name];
  if (environment[name] !== undefined) {
    problems.push(`${name}: both ${name} and ${name}_FILE are set`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    problems.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}
