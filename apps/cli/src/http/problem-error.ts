import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import { oneLine } from '../one-line.js';
import type { HttpAnswer } from './answer.js';

/** Why a request came to nothing, for people and for scripts: no answer, or a problem of the management API (RFC 9457). */
export function problemError(answer: HttpAnswer | Error): CliError {
  if (answer instanceof Error) {
    return new CliError('unreachable', `the platform does not answer (${reasonOf(answer)})`, EXIT.unreachable);
  }
  const { status } = answer;
  const { code, title, detail, errors } = fieldsOf(answer.json);
  const fields = Object.entries(fieldsOf(errors)).map(([field, message]) => `${field}: ${message}`);
  const said = [detail ?? title ?? (status < 400 ? 'is GATEHOUSE_URL right?' : ''), ...fields]
    .filter(Boolean)
    .join(' ');
  const stable = typeof code === 'string' ? code : `http_${status}`;
  const exitCode = status === 400 || status === 413 || status === 422 ? EXIT.usage : EXIT.unreachable;
  return new CliError(stable, oneLine(`the platform answers ${status}, ${stable}. ${said}`), exitCode);
}

/** Node's codes, as ECONNREFUSED, say more than its messages; of several addresses that were tried, the last. */
function reasonOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return oneLine(code ?? error.message);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
