/** Markup that is safe to put into a page; only the `html` tag makes it. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = string | Markup | readonly Markup[];

/** Builds markup; every value that is not markup itself is escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, literal, index) => text + written(parts[index - 1] ?? '') + literal));
}

function written(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string') return escaped(part);
  return part.map((markup) => markup.text).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

export interface PageParts {
  /** Path of its script, if it has one. */
  readonly script?: string | undefined;
  /** Of the session that looks at it, for the page's own writes [T26]. */
  readonly csrfToken?: string | undefined;
}

/** A whole document in the frame of our pages. */
export function page(title: string, content: Markup, { script, csrfToken }: PageParts = {}): string {
  const head = script === undefined ? '' : html`<script src="${script}" defer></script>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${csrfToken === undefined ? '' : html`<meta name="csrf-token" content="${csrfToken}">`}
<title>${title}</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
${head}
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text;
}
