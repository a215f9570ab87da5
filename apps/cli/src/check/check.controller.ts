import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { CatalogError, loadCatalog } from '@gatehouse/catalog/catalog.loader';
import { CliError, usageError } from '../cli-error.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Io } from '../io.js';
import { type KeyMatch, matchKey, matchPrefix } from './check-key.js';

const DEFAULT_CONFIG = 'gatehouse.yaml';
/** Longer than any key. */
const INPUT_MAX = 4_096;

/** `gatehouse keys check`. Nothing leaves this machine, and the key is not shown again. */
export async function runKeysCheck(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      prefix: { type: 'string', multiple: true, default: [] },
      config: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) throw usageError('name one key, or - to read it from stdin');
  if (values.prefix.length > 0 && values.config !== undefined) {
    throw usageError('--prefix and --config cannot be given together');
  }
  const key = given === '-' ? await readKey(io.stdin) : given;
  const config = values.prefix.length > 0 ? undefined : configOf(values.config, io);
  const matches = config === undefined ? matchPrefix(key, values.prefix) : matchKey(key, await apisOf(config));
  const valid = matches.length > 0;
  if (values.json) io.stdout.write(`${JSON.stringify({ valid, matches })}\n`);
  else io.stdout.write(valid ? matches.map(matchText).join('') : `not a key${whose(config, values.prefix)}\n`);
  return valid ? EXIT.ok : EXIT.finding;
}

/** A file that is named has to be there; without one, the usual one is taken where it is there. */
function configOf(named: string | undefined, io: Io): string | undefined {
  const config = named ?? io.settings().GATEHOUSE_CONFIG;
  if (config !== undefined) return config;
  return existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined;
}

async function apisOf(config: string) {
  try {
    return (await loadCatalog(config)).apis;
  } catch (error) {
    if (error instanceof CatalogError) throw new CliError('configuration', error.message, EXIT.usage);
    throw error;
  }
}

async function readKey(stdin: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += chunk;
    if (text.length > INPUT_MAX) break;
  }
  return text.replace(/\r?\n$/, '');
}

function matchText({ api, profile, environment, prefix, checked }: KeyMatch): string {
  const place = [
    ...(api === null ? [`prefix ${prefix}`] : [`API ${api}`, `profile ${profile}`]),
    ...(environment === null ? [] : [`environment ${environment}`]),
  ].join(', ');
  return checked
    ? `a key in valid form: ${place}\n`
    : `in the form of imported keys, which have no check digits: ${place}\n`;
}

function whose(config: string | undefined, prefixes: readonly string[]): string {
  if (config !== undefined) return ` of any API in ${config}`;
  return prefixes.length > 0 ? ' with such a prefix' : '';
}
