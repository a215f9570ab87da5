/** What a path must have for its segments to fold into others: capitals, encoded characters, trailing dots. */
const FOLDABLE = /[A-Z%]|\.(?:\/|$)/;

/** Whether some segment of a path may differ from its folded form. Almost no path is. @param path as it goes upstream */
export function isFoldable(path: string): boolean {
  return FOLDABLE.test(path);
}

/**
 * A segment as the most lenient servers read it: in any case, in compatibility forms (NFKC), without blanks around it
 * and without the dots that Windows cuts off its end. Only for comparing: what goes upstream is never folded.
 */
export function foldSegment(segment: string): string {
  const oneCase = segment.normalize('NFKC').toUpperCase().toLowerCase().trim();
  let end = oneCase.length;
  while (end > 0 && (oneCase[end - 1] === '.' || oneCase[end - 1] === ' ')) end--;
  return oneCase.slice(0, end);
}
