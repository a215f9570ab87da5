/** A form of a request to an OAuth endpoint; undefined: a parameter came twice, or what is there is no form. */
export type OauthForm = ReadonlyMap<string, string>;

const VALUE_MAX_LENGTH = 8_192;

/** Reads a form (RFC 6749 appendix B). A parameter that comes twice makes it unusable (section 3.2); an empty one is none. */
export function readOauthForm(text: string): OauthForm | undefined {
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name) || value.length > VALUE_MAX_LENGTH) return undefined;
    form.set(name, value);
  }
  for (const [name, value] of form) if (value === '') form.delete(name);
  return form;
}
