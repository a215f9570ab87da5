import { z } from 'zod';
import type { Progress } from './progress.js';

/** Which import a checkpoint belongs to: the same file, read and sent in the same way. */
export interface ImportIdentity {
  readonly api: string;
  readonly project: string | null;
  readonly url: string;
  readonly format: string;
  readonly fileBytes: number;
  /** SHA-256 of the beginning of the file, hexadecimal. */
  readonly fileHead: string;
}

/** What a run leaves beside its file, so that the next one can go on behind it. Holds no key and no hash of one. */
export interface Checkpoint extends ImportIdentity, Progress {
  readonly importId: string;
  /** Length of the file of failures at that moment; what is behind it will come again. */
  readonly failuresBytes: number;
}

const count = z.number().int().min(0);
const checkpointSchema = z.strictObject({
  version: z.literal(1),
  importId: z.string(),
  api: z.string(),
  project: z.string().nullable(),
  url: z.string(),
  format: z.string(),
  fileBytes: count,
  fileHead: z.string(),
  line: count,
  endByte: count,
  counts: z.strictObject({ imported: count, exists: count, refused: count }),
  failuresBytes: count,
});

export function writeCheckpoint(checkpoint: Checkpoint): string {
  return `${JSON.stringify({ version: 1, ...checkpoint }, null, 2)}\n`;
}

/** Undefined: this is no checkpoint. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  try {
    const { version: _, ...checkpoint } = checkpointSchema.parse(JSON.parse(text));
    return checkpoint;
  } catch {
    return undefined;
  }
}

export function isOfImport(checkpoint: Checkpoint, identity: ImportIdentity): boolean {
  return Object.entries(identity).every(([name, value]) => checkpoint[name as keyof ImportIdentity] === value);
}
