const SLUG = /^[a-z0-9-]{1,40}$/;
const MAX_LENGTH = 40;

/** Whether a text can name a project in an address. */
export function isSlug(text: string): boolean {
  return SLUG.test(text);
}

/** Makes a slug of a name: `Café Zürich` is `cafe-zurich`. Undefined where no letter or digit is left. */
export function slugOf(name: string): string | undefined {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MAX_LENGTH)
    .replace(/-$/, '');
  return slug === '' ? undefined : slug;
}
