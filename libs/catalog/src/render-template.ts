import type { Template } from './profile-schema.js';

/** What the placeholders of a template stand for. A name that is not here renders as null, inside a text as nothing. */
export type TemplateValues = Readonly<Record<string, Template | undefined>>;

/** A template that is text, taken apart once: text and placeholder in turn. */
export type CompiledText = (values: TemplateValues) => string;

const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/g;
const ONLY_PLACEHOLDER = /^\{([a-z][a-z0-9_]*)\}$/;

/**
 * Fills a template. A string that is exactly one placeholder becomes the value with its type (a number stays a number,
 * null stays null); placeholders within a longer string are written into it. Values are not searched for placeholders.
 */
export function renderTemplate(template: Template, values: TemplateValues): Template {
  if (typeof template === 'string') return renderString(template, values);
  if (template === null || typeof template !== 'object') return template;
  if (isList(template)) return template.map((item) => renderTemplate(item, values));
  return Object.fromEntries(
    Object.entries(template).map(([field, value]) => [field, renderTemplate(value, values)]),
  ) as Template;
}

/** Prepares a template that is text and has to stay text, such as the value of a header. */
export function compileText(template: string): CompiledText {
  const parts = template.split(PLACEHOLDER);
  return (values) => {
    let text = parts[0] as string;
    for (let index = 1; index < parts.length; index += 2) {
      text += asText(namedValue(parts[index] as string, values)) + parts[index + 1];
    }
    return text;
  };
}

/** The names of all placeholders in a template. */
export function placeholdersOf(template: Template): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (part: Template): void => {
    if (typeof part === 'string') {
      for (const match of part.matchAll(PLACEHOLDER)) names.add(match[1] as string);
    } else if (part !== null && typeof part === 'object') {
      for (const inner of Object.values(part)) collect(inner);
    }
  };
  collect(template);
  return names;
}

function renderString(template: string, values: TemplateValues): Template {
  const only = ONLY_PLACEHOLDER.exec(template);
  return only?.[1] === undefined ? compileText(template)(values) : namedValue(only[1], values);
}

function namedValue(name: string, values: TemplateValues): Template {
  return (Object.hasOwn(values, name) ? values[name] : undefined) ?? null;
}

function asText(value: Template): string {
  if (value === null) return '';
  if (isList(value)) return value.map(asText).join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isList(template: Template): template is readonly Template[] {
  return Array.isArray(template);
}
