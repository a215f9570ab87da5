import { html, page } from './html.js';

/** The page at `/setup`: the form of the first administrator. Its script takes the one-time token from the fragment. */
export function renderSetup(): string {
  return page(
    'First administrator',
    html`<p>This form works once, with the one-time link that the first start of this installation has printed.</p>
<noscript><p class="problem">This form needs JavaScript. Without it, send the same fields as JSON to <code>POST /auth/claim</code>.</p></noscript>
<form id="claim" method="post" action="/auth/claim">
<div id="token-field"><label for="token">One-time token</label>
<input id="token" name="token" required maxlength="200" autocomplete="off" spellcheck="false" aria-describedby="token-problem">
<p class="problem" id="token-problem"></p></div>
<div><label for="email">E-mail address</label>
<input id="email" name="email" type="email" required maxlength="320" autocomplete="username" aria-describedby="email-problem">
<p class="problem" id="email-problem"></p></div>
<div><label for="name">Name <span class="hint">(optional)</span></label>
<input id="name" name="name" maxlength="120" autocomplete="name" aria-describedby="name-problem">
<p class="problem" id="name-problem"></p></div>
<div><label for="password">Password</label>
<input id="password" name="password" type="password" required maxlength="4096" autocomplete="new-password" aria-describedby="password-problem">
<p class="problem" id="password-problem"></p></div>
<button type="submit">Create the administrator</button>
</form>
<p id="result" role="status" aria-live="polite" tabindex="-1"></p>`,
    { script: '/assets/setup.js' },
  );
}
