/** The place in a key's request log after which the next page begins. */
export interface RequestPlace {
  readonly atMs: number;
  readonly requestId: string;
}

/** Writes a place as an opaque text. It tells nothing that the page before it has not told. */
export function writeRequestCursor({ atMs, requestId }: RequestPlace): string {
  return Buffer.from(`${atMs}.${requestId}`).toString('base64url');
}

/** Reads a cursor back; undefined where it is not one of ours. */
export function readRequestCursor(cursor: string): RequestPlace | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const found = /^(\d{1,15})\.([\x21-\x7e]{1,64})$/.exec(bytes.toString('latin1'));
  if (found === null || bytes.toString('base64url') !== cursor) return undefined;
  const [, at = '', requestId = ''] = found;
  return Number(at) > 253_402_300_799_999 ? undefined : { atMs: Number(at), requestId };
}
