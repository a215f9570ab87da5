const LENGTH_MAX = 500;

/** Text from elsewhere as one line that a terminal can show: no control characters, and not too long. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, LENGTH_MAX)
    .trim();
}
