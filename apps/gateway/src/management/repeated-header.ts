/** Headers of which two values are an attempt to be read differently by two parsers. */
const ONCE = new Set([
  'authorization',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'idempotency-key',
  'origin',
  'x-csrf-token',
  'x-gatehouse-organization',
]);

/** Name of the first header that must occur once and does not. @param rawHeaders names and values in turn, as received */
export function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!ONCE.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
