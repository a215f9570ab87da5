/** One served route: its method and its path, `:name` for a parameter. */
export interface ServedRoute {
  readonly method: string;
  readonly path: string;
}

/** Which methods a path has, sorted; empty: no such resource. */
export function allowedMethods(routes: readonly ServedRoute[], path: string): readonly string[] {
  const segments = path.split('/');
  const methods = routes.filter((route) => matches(route.path.split('/'), segments)).map((route) => route.method);
  return [...new Set(methods)].sort();
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
  );
}
