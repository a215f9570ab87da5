/** How far an import has come, counted over every run of it. */
export interface Counts {
  readonly imported: number;
  readonly exists: number;
  readonly refused: number;
}

/** Everything up to a line is settled: counted, its failures written down. */
export interface Progress {
  readonly counts: Counts;
  /** Rows up to this line, and none after it. */
  readonly line: number;
  readonly endByte: number;
}

export const NOTHING_YET: Progress = { counts: { imported: 0, exists: 0, refused: 0 }, line: 0, endByte: 0 };

export function rowsOf({ imported, exists, refused }: Counts): number {
  return imported + exists + refused;
}
