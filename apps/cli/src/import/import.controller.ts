import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageError } from '../cli-error.js';
import type { CliConfig } from '../config.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { ManagementClient } from '../http/management.client.js';
import type { Io } from '../io.js';
import { type Batch, batchRows } from './batch-rows.js';
import { checkBatch } from './check-batch.js';
import { type Checkpoint, type ImportIdentity, isOfImport } from './checkpoint.js';
import { CheckpointStore } from './checkpoint.store.js';
import { FailuresStore } from './failures.store.js';
import { type ImportOptions, importOptions, newImportId } from './import-options.js';
import { NOTHING_YET } from './progress.js';
import { readCsv } from './read-csv.js';
import { readNdjson } from './read-ndjson.js';
import { type ImportEnd, runImport } from './run-import.js';
import { type SentBatch, sendBatch } from './send-batch.js';
import { Settling } from './settling.store.js';
import { type ShownProgress, showProgress } from './show-progress.js';
import { openSource, type Source } from './source.loader.js';
import { type ImportSummary, rowsSettled, summaryJson, summaryText } from './summary.js';

const READERS = { ndjson: readNdjson, csv: readCsv };

/** Half of what the platform takes in one request. */
const BATCH_BYTES_MAX = 1024 * 1024;

/** `gatehouse keys import`. */
export async function runKeysImport(args: readonly string[], io: Io): Promise<ExitCode> {
  const options = importOptions(args);
  const settings = io.settings();
  const client = options.dryRun ? undefined : new ManagementClient(settings, options.parallel);
  try {
    const source = await openSource(options.file, io);
    const checkpoints = checkpointsOf(options);
    const identity = source.file && identityOf(options, settings, source.file);
    const before = await findBefore(options, identity, checkpoints, io);
    const importId = options.importId ?? before?.importId ?? newImportId();
    const failures = options.failures === undefined ? undefined : await openFailures(options, before);
    const settling = new Settling(identity && { ...identity, importId }, { checkpoints, failures, nowMs: io.nowMs });
    const from = before ?? NOTHING_YET;
    const shown = showProgress(from, source.file?.bytes, {
      write: (text) => io.stderr.write(text),
      isTerminal: io.stderr.isTTY === true,
      width: () => io.stderr.columns ?? 80,
      nowMs: io.nowMs,
    });
    const startedMs = io.nowMs();
    const bounds = { afterLine: from.line, rowsMax: options.batch, bytesMax: BATCH_BYTES_MAX };
    const rows = READERS[options.format](source.chunks, options.hash);
    const end = await runImport(batchRows(rows, bounds), from, options.parallel, {
      send: client === undefined ? async (batch) => checkBatch(batch) : sender(options, importId, client, shown, io),
      settle: async (refused, progress) => {
        await settling.settle(refused, progress);
        shown.show(progress);
      },
      isInterrupted: () => io.signal.aborted,
    });
    await settling.end(end.progress, end.kind === 'done');
    shown.end();
    const summary: ImportSummary = {
      importId,
      api: options.api,
      dryRun: options.dryRun,
      complete: end.kind === 'done',
      resumedAfterLine: from.line,
      progress: end.progress,
      rows: rowsSettled(from, end.progress),
      elapsedMs: io.nowMs() - startedMs,
      listed: settling.listed,
      failuresFile: options.failures,
      error: end.kind === 'failed' ? end.error : undefined,
    };
    if (options.json) io.stdout.write(summaryJson(summary));
    io.stderr.write(summaryText(summary));
    if (summary.error !== undefined) io.stderr.write(`gatehouse: ${summary.error.message}\n`);
    return exitCodeOf(end);
  } finally {
    await client?.close();
  }
}

/** A dry run leaves no checkpoint, and standard input cannot be read again. */
function checkpointsOf({ file, dryRun }: ImportOptions): CheckpointStore | undefined {
  return dryRun || file === '-' ? undefined : new CheckpointStore(file);
}

function identityOf(
  { api, project, format }: ImportOptions,
  { GATEHOUSE_URL: url }: CliConfig,
  file: NonNullable<Source['file']>,
): ImportIdentity {
  return { api, project: project ?? null, url, format, fileBytes: file.bytes, fileHead: file.head };
}

/** Where an earlier run of this very import stopped. */
async function findBefore(
  { importId }: ImportOptions,
  identity: ImportIdentity | undefined,
  checkpoints: CheckpointStore | undefined,
  io: Io,
): Promise<Checkpoint | undefined> {
  const found = await checkpoints?.find();
  if (found === undefined || identity === undefined) return undefined;
  if (isOfImport(found, identity) && (importId === undefined || importId === found.importId)) {
    io.stderr.write(`going on behind line ${found.line} of import ${found.importId}\n`);
    return found;
  }
  io.stderr.write('the checkpoint beside the file is of another import: starting with the first line\n');
  return undefined;
}

/** @throws CliError where the failures would be written over what is imported */
async function openFailures(options: ImportOptions, before: Checkpoint | undefined): Promise<FailuresStore> {
  const path = options.failures ?? '';
  if (resolve(path) === resolve(options.file)) throw usageError('--failures and --file are one file');
  try {
    return await FailuresStore.open(path, before?.failuresBytes ?? 0);
  } catch (error) {
    throw usageError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

function sender(
  { api, project }: ImportOptions,
  importId: string,
  client: ManagementClient,
  shown: ShownProgress,
  io: Io,
): (batch: Batch) => Promise<SentBatch> {
  let hasSettled = false;
  const head = `${JSON.stringify({ import_id: importId, api, project }).slice(0, -1)},`;
  const ports = {
    post: (body: string) => client.post('/api/v1/keys/import', body),
    pause: (delayMs: number) => sleep(delayMs, undefined, { signal: io.signal }).catch(() => undefined),
    notice: shown.notice,
    isInterrupted: () => io.signal.aborted,
    hasSettled: () => hasSettled,
    chance: Math.random,
  };
  return async (batch) => {
    const sent = await sendBatch(batch, head, ports);
    hasSettled ||= sent.kind === 'settled';
    return sent;
  };
}

function exitCodeOf(end: ImportEnd): ExitCode {
  if (end.kind === 'interrupted') return EXIT.interrupted;
  if (end.kind === 'failed') return end.error.exitCode;
  return end.progress.counts.refused > 0 ? EXIT.finding : EXIT.ok;
}
