import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { CliError, usageError } from '../cli-error.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { ManagementClient, type StreamedAnswer } from '../http/management.client.js';
import { problemError } from '../http/problem-error.js';
import type { Io } from '../io.js';

/** `gatehouse keys export`. */
export async function runKeysExport(args: readonly string[], io: Io): Promise<ExitCode> {
  const { file, json, path } = exportOptions(args);
  const client = new ManagementClient(io.settings(), 1);
  try {
    const answer = await client.get(path).catch((error: Error) => {
      throw problemError(error);
    });
    if (answer.status !== 200) throw problemError({ ...answer, json: await answer.body.json().catch(() => undefined) });
    if (file === undefined) {
      await receive(answer, io.stdout, io.signal, false);
      return EXIT.ok;
    }
    const part = `${file}.part`;
    const bytes = await receive(answer, createWriteStream(part), io.signal).catch(async (error: unknown) => {
      await rm(part, { force: true });
      throw error;
    });
    await rename(part, file);
    if (json) io.stdout.write(`${JSON.stringify({ file, bytes })}\n`);
    io.stderr.write(`${file}: ${bytes.toLocaleString('en')} bytes\n`);
    return EXIT.ok;
  } finally {
    await client.close();
  }
}

function exportOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      api: { type: 'string' },
      project: { type: 'string' },
      format: { type: 'string', default: 'ndjson' },
      file: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { api, project, format, file, json } = values;
  if (format !== 'ndjson' && format !== 'csv') throw usageError('--format is ndjson or csv');
  if (json && file === undefined) throw usageError('--json says what was done on standard output: it needs --file');
  const query = new URLSearchParams({ format });
  if (api !== undefined) query.set('api', api);
  if (project !== undefined) query.set('project', project);
  return { file, json, path: `/api/v1/keys/export?${query}` };
}

/** @returns how many bytes came. @throws CliError where the answer ends before its end */
async function receive(answer: StreamedAnswer, into: Writable, signal: AbortSignal, end = true): Promise<number> {
  let bytes = 0;
  answer.body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  try {
    await pipeline(answer.body, into, { signal, end });
    return bytes;
  } catch (error) {
    if (signal.aborted) throw new CliError('interrupted', 'interrupted; nothing was kept', EXIT.interrupted);
    throw new CliError('incomplete', `the export broke off (${(error as Error).message})`, EXIT.unreachable);
  }
}
