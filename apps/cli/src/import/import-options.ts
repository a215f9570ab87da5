import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { usageError } from '../cli-error.js';
import { writeHashForm } from './hash-form.js';
import type { HashForm } from './read-row.js';

export interface ImportOptions {
  /** `-`: standard input. */
  readonly file: string;
  readonly api: string;
  readonly project: string | undefined;
  /** Undefined: a new one, or that of the checkpoint. */
  readonly importId: string | undefined;
  readonly format: 'ndjson' | 'csv';
  readonly hash: HashForm;
  readonly batch: number;
  readonly parallel: number;
  readonly failures: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const BATCH_MAX = 1_000;
const PARALLEL_MAX = 16;

/** @throws CliError, and what parseArgs throws */
export function importOptions(args: readonly string[]): ImportOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      file: { type: 'string' },
      api: { type: 'string' },
      project: { type: 'string' },
      'import-id': { type: 'string' },
      format: { type: 'string' },
      hash: { type: 'string', default: 'sha256:hex' },
      batch: { type: 'string', default: '500' },
      parallel: { type: 'string', default: '2' },
      failures: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const { file, api, 'import-id': importId } = values;
  if (file === undefined) throw usageError('--file names what to import; - is standard input');
  if (api === undefined) throw usageError('--api names the API that the keys are for');
  if (importId !== undefined && !IMPORT_ID.test(importId)) {
    throw usageError('--import-id has 1 to 64 letters, digits and . _ : -');
  }
  return {
    file,
    api,
    project: values.project,
    importId,
    format: formatOf(values.format, file),
    hash: writeHashForm(values.hash),
    batch: wholeNumber('--batch', values.batch, BATCH_MAX),
    parallel: wholeNumber('--parallel', values.parallel, PARALLEL_MAX),
    failures: values.failures,
    dryRun: values['dry-run'],
    json: values.json,
  };
}

const IMPORT_ID = /^[A-Za-z0-9._:-]{1,64}$/;

export function newImportId(): string {
  return `imp_${randomBytes(12).toString('hex')}`;
}

function formatOf(named: string | undefined, file: string): 'ndjson' | 'csv' {
  if (named === 'ndjson' || named === 'csv') return named;
  if (named !== undefined) throw usageError('--format is ndjson or csv');
  if (/\.csv$/i.test(file)) return 'csv';
  if (/\.(ndjson|jsonl)$/i.test(file)) return 'ndjson';
  throw usageError('the name of the file does not say what it is: --format ndjson or --format csv');
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw usageError(`${option} is a number from 1 to ${max}`);
  return value;
}
