/**
 * A path in its one plain form: `path` goes upstream, `segments` are what it means there (decoded), and are judged.
 * The empty segment that a trailing slash makes is not among `segments`, so `/admin/` is judged as `/admin` is.
 */
export type NormalPath =
  | { readonly kind: 'plain'; readonly path: string; readonly segments: readonly string[] }
  | { readonly kind: 'ambiguous' };

const AMBIGUOUS: NormalPath = { kind: 'ambiguous' };

const UNRESERVED = flags('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~');
/** What may stand in a segment as it is: RFC 3986 `pchar`, without `;`, whose parameters servers cut off or keep. */
const PLAIN = flags("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@");
/** What changes where a path ends or splits, and controls, once a server behind us decodes them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
const STRUCTURAL = /[/\\%;?#\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;

const SLASH = 0x2f;
const PERCENT = 0x25;

/**
 * The one canonicaliser of the data plane (RFC 3986 section 6.2.2). Percent-encoded unreserved characters are decoded,
 * other triplets get capitals. A path that two servers could read as two different paths is refused: dot segments,
 * empty segments, `;`, backslashes, control characters, encoded delimiters, double encodings, bytes that are not UTF-8.
 * The result of a result is itself.
 */
export function normalisePath(path: string): NormalPath {
  if (path.charCodeAt(0) !== SLASH) return AMBIGUOUS;
  let isPlain = true;
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code === PERCENT) isPlain = false;
    else if (code !== SLASH && PLAIN[code] !== 1) return AMBIGUOUS;
  }
  const parts = path.split('/');
  const written: string[] = [];
  const segments: string[] = [];
  for (let index = 1; index < parts.length; index++) {
    const part = parts[index] as string;
    if (part === '') {
      if (index !== parts.length - 1) return AMBIGUOUS;
      written.push('');
      break;
    }
    const segment = isPlain ? part : writeSegment(part);
    const meaning = isPlain ? part : decodeSegment(segment);
    if (segment === undefined || meaning === undefined || isDots(meaning)) return AMBIGUOUS;
    written.push(segment);
    segments.push(meaning);
  }
  return { kind: 'plain', path: isPlain ? path : `/${written.join('/')}`, segments };
}

function writeSegment(part: string): string | undefined {
  let written = '';
  for (let index = 0; index < part.length; index++) {
    if (part.charCodeAt(index) !== PERCENT) {
      written += part[index];
      continue;
    }
    const digits = part.slice(index + 1, index + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined;
    const code = Number.parseInt(digits, 16);
    written += UNRESERVED[code] === 1 ? String.fromCharCode(code) : `%${digits.toUpperCase()}`;
    index += 2;
  }
  return written;
}

/** Undefined where the bytes are not UTF-8, or mean delimiters, if only by their compatibility forms (NFKC). */
function decodeSegment(segment: string | undefined): string | undefined {
  if (segment === undefined) return undefined;
  try {
    const meaning = decodeURIComponent(segment);
    const folded = meaning.normalize('NFKC');
    return STRUCTURAL.test(folded) || isDots(folded) ? undefined : meaning;
  } catch {
    return undefined;
  }
}

/** Dot segments, also where a file system would cut trailing spaces off them. */
function isDots(segment: string): boolean {
  if (segment.charCodeAt(0) !== 0x2e && segment.charCodeAt(0) !== 0x20) return false;
  const trimmed = segment.trim();
  return trimmed === '.' || trimmed === '..';
}

function flags(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
