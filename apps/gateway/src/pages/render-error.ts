import { PROBLEMS, type ProblemCode } from '@gatehouse/contracts/problems';
import { html, page } from './html.js';

/** The page that the `type` of a problem leads to. Undefined: there is no such code. */
export function renderError(code: string): string | undefined {
  if (!isProblemCode(code)) return undefined;
  const { status, title } = PROBLEMS[code];
  return page(code, html`<p>${title}</p><p>HTTP status ${String(status)}. <code>docs/errors.md</code> says more.</p>`);
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
