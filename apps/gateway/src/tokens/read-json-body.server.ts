import type { IncomingMessage } from 'node:http';

export type ReadBody =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly code: 'body_malformed' | 'body_too_large' | 'body_unsupported' };

/** A password of 4096 characters, each of them escaped. */
const BODY_MAX_BYTES = 32 * 1024;
const BODY_MAX_MS = 10_000;

/**
 * Reads a small body of UTF-8 JSON, nothing else: another type or a content encoding would be read as what it is not.
 * @throws Error where the client went away.
 */
export async function readJsonBody(request: IncomingMessage): Promise<ReadBody> {
  if (!isPlainJson(request.headers)) return { kind: 'refused', code: 'body_unsupported' };
  if (Number(request.headers['content-length'] ?? 0) > BODY_MAX_BYTES) return TOO_LARGE;
  const bytes = await readBytes(request);
  if (bytes === undefined) return TOO_LARGE;
  try {
    return { kind: 'read', value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return { kind: 'refused', code: 'body_malformed' };
  }
}

const TOO_LARGE = { kind: 'refused', code: 'body_too_large' } as const;

function isPlainJson(headers: IncomingMessage['headers']): boolean {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = headers;
  return (
    /^application\/json(\s*;\s*charset="?utf-?8"?)?\s*$/i.test(type) && encoding.trim().toLowerCase() === 'identity'
  );
}

/** @returns undefined where there is more than a body of ours can have; what is left is not read. */
async function readBytes(request: IncomingMessage): Promise<Buffer | undefined> {
  const timer = setTimeout(() => request.destroy(), BODY_MAX_MS).unref();
  try {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of request.iterator({ destroyOnReturn: false })) {
      length += (part as Buffer).length;
      if (length > BODY_MAX_BYTES) return undefined;
      parts.push(part as Buffer);
    }
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
  }
}
