import { html, page } from './html.js';

/** What somebody sees who comes back from a provider with a sign-in that is not theirs, was finished, or took too long. */
export function renderSignInOver(): string {
  return page(
    'This sign-in is over',
    html`<p>It was begun in another browser, was finished already, or took longer than ten minutes.</p>
<p><a href="/sign-in">Begin anew</a></p>`,
  );
}
