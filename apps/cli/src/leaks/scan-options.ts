import { parseArgs } from 'node:util';
import type { KeyPattern } from '@gatehouse/catalog/key-patterns';
import { readPrefixes } from '@gatehouse/key-domain/key-prefix';

export interface ScanOptions {
  /** A folder, or one file. */
  readonly path: string;
  /** Given instead of a configuration; undefined: none were. */
  readonly patterns: readonly KeyPattern[] | undefined;
  /** Undefined: where it is by default. */
  readonly config: string | undefined;
  readonly json: boolean;
}

/** As profiles have them: words with `_` or `-` behind each, one of which may be a project's slug. */
const PREFIX = /^[a-z][a-z0-9]*([_-]([a-z0-9]+|\{project_slug\}))*[_-]$/;
const PREFIX_LENGTH_MAX = 60;

/** @returns a text: why the arguments make no sense. */
export function scanOptions(args: readonly string[]): ScanOptions | string {
  const parsed = parse(args);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  const [path] = positionals;
  if (path === undefined || path === '' || positionals.length > 1) return 'name one folder to look through';
  const prefixes = values.prefix ?? [];
  if (prefixes.length > 0 && values.config !== undefined) return '--prefix and --config cannot be given together';
  for (const prefix of prefixes) {
    const isSlugOnce = prefix.split('{').length <= 2;
    if (!PREFIX.test(prefix) || !isSlugOnce || prefix.length > PREFIX_LENGTH_MAX) {
      return '--prefix is lower case words that end in _ or -, such as sk_live_ or shop_{project_slug}_';
    }
  }
  const patterns = [...new Set(prefixes)].flatMap((text) =>
    readPrefixes({ [text]: text }).map((prefix) => ({ name: text, prefix })),
  );
  return {
    path,
    patterns: patterns.length === 0 ? undefined : patterns,
    config: values.config,
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        prefix: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return (error as Error).message;
  }
}
