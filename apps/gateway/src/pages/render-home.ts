import type { publishedApi } from '../management/published-apis.js';
import { html, page } from './html.js';

type PublishedApi = ReturnType<typeof publishedApi>;

/** Who looks at the page, where somebody is signed in. */
export interface Visitor {
  readonly email: string;
  readonly csrfToken: string;
}

/** The page at `/`: what runs here, which APIs, and where to read on. */
export function renderHome(apis: readonly PublishedApi[], publicOrigin: string, visitor?: Visitor): string {
  return page(
    'Gatehouse',
    html`<p>This is the gateway of a Gatehouse installation. It authenticates, limits and forwards the requests of the APIs
below, and serves the management API under <code>${publicOrigin}</code>.</p>
${visitor === undefined ? '' : html`<p>Signed in as ${visitor.email}.</p>`}
<h2>Published APIs</h2>
${apis.length === 0 ? html`<p>None yet. They are listed in <code>gatehouse.yaml</code>.</p>` : html`<ul class="apis">${apis.map(apiItem)}</ul>`}
<h2>Where to go on</h2>
<ul>
<li><a href="/api/v1/apis">/api/v1/apis</a> has the same list for programs, with scopes and environments.</li>
<li><a href="/.well-known/jwks.json">/.well-known/jwks.json</a> has the public keys of our tokens.</li>
<li>The first administrator signs up at <a href="/setup">/setup</a>, with the link that the first start has printed.</li>
<li>The documents are in the folder <code>docs</code> of the installation; <code>docs/errors.md</code> explains every error code.</li>
</ul>`,
    { csrfToken: visitor?.csrfToken },
  );
}

function apiItem(api: PublishedApi) {
  return html`<li><h3>${api.name}</h3>
${api.description === '' ? '' : html`<p>${api.description}</p>`}
<dl><dt>Address</dt><dd><code>${api.base_path}</code>${api.hosts.map((host) => html` <code>${host}</code>`)}</dd>
<dt>Keys begin with</dt><dd>${api.environments.map((environment) => html`<code>${environment.key_prefix}</code> `)}</dd></dl></li>`;
}
