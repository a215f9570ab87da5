import { loadCatalog } from '@gatehouse/catalog/catalog.loader';
import { type KeyPattern, keyPatterns } from '@gatehouse/catalog/key-patterns';
import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import { keyFinder } from './find-keys.js';
import { type ScanEvent, scanFolder } from './scan-folder.loader.js';
import { type ScanOptions, scanOptions } from './scan-options.js';

/** What the command has of the world outside. */
export interface ScanIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly settings: () => { readonly GATEHOUSE_CONFIG?: string | undefined };
}

/** 0: no key; 1: keys were found; 2: the call makes no sense, or not everything could be read, so that 0 would be a lie. */
export type ScanExit = 0 | 1 | 2;

/** How many files there will be is not known before the end, so that this is all there is to tell. */
const PROGRESS_EVERY_FILES = 100;

interface Counts {
  keys: number;
  scanned: number;
  binary: number;
  unreadable: number;
}

/** `gatehouse leaks scan`. @param args what follows the name of the command */
export async function runLeaksScan(args: readonly string[], io: ScanIo): Promise<ScanExit> {
  const options = scanOptions(args);
  if (typeof options === 'string') return refuse('usage', options, args.includes('--json'), io);
  try {
    const patterns = options.patterns ?? (await configuredPatterns(options, io));
    const counts = await scan(options, patterns, io);
    if (counts.keys > 0) return 1;
    return counts.unreadable > 0 ? 2 : 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return refuse('usage', `there is no ${shown(options.path)}`, options.json, io);
    return refuse('configuration', message, options.json, io);
  }
}

async function configuredPatterns({ config }: ScanOptions, io: ScanIo): Promise<KeyPattern[]> {
  const file = config ?? io.settings().GATEHOUSE_CONFIG ?? 'gatehouse.yaml';
  return keyPatterns([...(await loadCatalog(file)).apis, MANAGEMENT_API]);
}

async function scan({ path, json }: ScanOptions, patterns: readonly KeyPattern[], io: ScanIo): Promise<Counts> {
  const counts: Counts = { keys: 0, scanned: 0, binary: 0, unreadable: 0 };
  // Each key is written when it is found, in either form, so that nothing has to hold all of them.
  const write = (text: string) => io.stdout.write(text);
  const isTerminal = io.stderr.isTTY === true;
  for await (const event of scanFolder(path, keyFinder(patterns))) {
    if (event.kind === 'key') write(json ? keyJson(event, counts.keys === 0) : keyLine(event));
    if (event.kind === 'unreadable') io.stderr.write(`${shown(event.file)}: cannot be read (${event.reason})\n`);
    counts[event.kind === 'key' ? 'keys' : event.kind]++;
    if (isTerminal && event.kind === 'scanned' && counts.scanned % PROGRESS_EVERY_FILES === 0)
      io.stderr.write(`\r${counts.scanned} files`);
  }
  if (isTerminal) io.stderr.write('\r\u001b[K');
  const { keys, scanned, binary, unreadable } = counts;
  if (json) {
    const totals = JSON.stringify({ scanned_files: scanned, binary_files: binary, unreadable }).slice(1);
    write(`${keys === 0 ? '{"findings":[' : ''}],${totals}\n`);
  }
  const left = unreadable === 0 ? '' : `, ${unreadable} could not be read`;
  io.stderr.write(`${keys} keys in ${scanned} files; ${binary} binary files were left out${left}\n`);
  return counts;
}

type FoundEvent = Extract<ScanEvent, { kind: 'key' }>;

function keyLine({ file, line, column, display, pattern }: FoundEvent): string {
  return `${shown(file)}:${line}:${column}: ${display} (${pattern})\n`;
}

function keyJson({ file, line, column, display, pattern }: FoundEvent, isFirst: boolean): string {
  return `${isFirst ? '{"findings":[' : ','}${JSON.stringify({ file, line, column, display, pattern })}`;
}

function refuse(code: string, message: string, json: boolean, io: ScanIo): ScanExit {
  io.stderr.write(`gatehouse: ${message}\n`);
  if (json) io.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  return 2;
}

/** A file's name may hold anything; a terminal would obey some of it. */
function shown(path: string): string {
  return path.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}
