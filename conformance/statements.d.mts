export interface Statement {
  readonly id: string;
  readonly says: string;
  /** Subject of the issue that it waits for; null: it has to hold now. */
  readonly pendingFor: string | null;
}
export interface TestResult {
  readonly title: string;
  readonly passed: boolean;
}
export type Standing = 'holds' | 'pending' | 'fails';
export function readStatements(): Statement[];
export function idsIn(title: string): string[];
export function judgeStatements(
  statements: readonly Statement[],
  tests: readonly TestResult[],
): Record<string, Standing>;
