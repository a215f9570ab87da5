import { type FileHandle, open, stat } from 'node:fs/promises';
import type { RowOutcome } from './send-batch.js';

/** Where refused rows are written down, a JSON object a line: line, code, field, message, and never what the row says. */
export class FailuresStore {
  private constructor(
    private readonly file: FileHandle,
    private written: number,
  ) {}

  /** @param keepBytes what an earlier run has settled, where it is still there; what is behind it is written anew. */
  static async open(path: string, keepBytes: number): Promise<FailuresStore> {
    const there =
      keepBytes === 0
        ? 0
        : await stat(path).then(
            ({ size }) => size,
            () => 0,
          );
    const kept = Math.min(there, keepBytes);
    const file = await open(path, kept > 0 ? 'r+' : 'w');
    await file.truncate(kept);
    return new FailuresStore(file, kept);
  }

  get bytes(): number {
    return this.written;
  }

  async append(refused: readonly RowOutcome[]): Promise<void> {
    if (refused.length === 0) return;
    const lines = refused.map(
      ({ line, code, field, message }) => `${JSON.stringify({ line, code, field, message })}\n`,
    );
    const bytes = Buffer.from(lines.join(''));
    for (let offset = 0; offset < bytes.length; ) {
      const { bytesWritten } = await this.file.write(bytes, offset, bytes.length - offset, this.written);
      offset += bytesWritten;
      this.written += bytesWritten;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
