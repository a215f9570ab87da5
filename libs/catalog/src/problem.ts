/** From the top of a document to one of its values. */
export type Path = readonly (string | number)[];

/** Something wrong at one place of a document. `at: 'key'` blames the name of the entry, not its value. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly at?: 'key';
}

/** A path as people write it: `apis[0].routes[1].scopes[0]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** A list as people write it: `a, b, c`, or `none`. */
export function listText(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
