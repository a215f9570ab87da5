/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something wrong in a file, ready to be shown. */
export interface PlacedProblem {
  readonly file: string;
  /** undefined: the file as a whole. */
  readonly position: Position | undefined;
  readonly text: string;
}

/** More than this is one mistake seen many times. */
const MAX_LINES = 50;

/** One line for each problem, file by file from top to bottom; what an alias repeats is said once. */
export function problemLines(problems: readonly PlacedProblem[]): string[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  const lines = files.flatMap((file) =>
    problems
      .filter((problem) => problem.file === file)
      .sort(byPosition)
      .map(line),
  );
  const different = [...new Set(lines)];
  const left = different.length - MAX_LINES;
  return left > 0 ? [...different.slice(0, MAX_LINES), `… and ${left} more`] : different;
}

function byPosition({ position: one }: PlacedProblem, { position: other }: PlacedProblem): number {
  return (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0);
}

function line({ file, position, text }: PlacedProblem): string {
  return `${file}${position === undefined ? '' : `:${position.line}:${position.column}`} ${text}`;
}
