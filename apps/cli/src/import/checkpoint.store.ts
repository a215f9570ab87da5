import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { usageError } from '../cli-error.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';

/** The checkpoint beside a file that is being imported. */
export class CheckpointStore {
  readonly path: string;

  constructor(file: string) {
    this.path = `${file}.gatehouse-import`;
  }

  /** Undefined: there is none. @throws CliError where another file has that name: it is not overwritten. */
  async find(): Promise<Checkpoint | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const checkpoint = readCheckpoint(text);
    if (checkpoint === undefined) throw usageError(`${this.path} is no checkpoint of an import; move it away first`);
    return checkpoint;
  }

  /** Whoever reads it while it is replaced finds the old one or the new one, never a part. */
  async save(checkpoint: Checkpoint): Promise<void> {
    const next = `${this.path}.next`;
    await writeFile(next, writeCheckpoint(checkpoint));
    await rename(next, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
