/** What stands in a prefix for the slug of the key's project [T1]. */
export const PROJECT_SLUG = '{project_slug}';

const SLUG = /^[a-z0-9-]{1,40}$/;

/** The prefix of one environment's keys: a text, or one with a project's slug between two texts. */
export interface KeyPrefix {
  readonly environment: string;
  /** All of it, or what stands before the slug. */
  readonly head: string;
  /** What stands after the slug; null: there is no slug in it. */
  readonly tail: string | null;
}

/** @param prefixes environment -> prefix, which may hold `{project_slug}` once. */
export function readPrefixes(prefixes: Readonly<Record<string, string>>): readonly KeyPrefix[] {
  return Object.entries(prefixes).map(([environment, prefix]) => {
    const at = prefix.indexOf(PROJECT_SLUG);
    if (at === -1) return { environment, head: prefix, tail: null };
    return { environment, head: prefix.slice(0, at), tail: prefix.slice(at + PROJECT_SLUG.length) };
  });
}

/** What a new key of this environment and project begins with. */
export function writePrefix({ head, tail }: KeyPrefix, projectSlug: string): string {
  return tail === null ? head : `${head}${projectSlug}${tail}`;
}

/** Whether a text is a whole prefix of this kind. */
export function isPrefixOf({ head, tail }: KeyPrefix, text: string): boolean {
  if (tail === null) return text === head;
  return (
    text.length > head.length + tail.length &&
    text.startsWith(head) &&
    text.endsWith(tail) &&
    SLUG.test(text.slice(head.length, text.length - tail.length))
  );
}
