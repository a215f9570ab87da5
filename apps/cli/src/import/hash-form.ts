import { usageError } from '../cli-error.js';
import type { HashForm } from './read-row.js';

const FORM = /^(sha256|hmac-sha256):(hex|base64)$/;

/** `sha256:base64` -> what a bare hash of the file is. @throws CliError */
export function writeHashForm(text: string): HashForm {
  const [, algorithm, encoding] = FORM.exec(text) ?? [];
  if (algorithm !== undefined && encoding !== undefined) return { algorithm, encoding };
  throw usageError('--hash is sha256:hex, sha256:base64, hmac-sha256:hex or hmac-sha256:base64');
}
