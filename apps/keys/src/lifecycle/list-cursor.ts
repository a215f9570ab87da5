import { createHmac, timingSafeEqual } from 'node:crypto';

/** The place in a list after which the next page begins: keys are listed by moment of creation, then id. */
export interface ListPlace {
  readonly createdAtMs: number;
  readonly keyId: string;
}

/** What the list is of. A cursor is good for the same list only. */
export interface ListScope {
  readonly organizationId: string;
  readonly api: string | undefined;
  readonly projectId: string | undefined;
  /** The account or management key that made them. */
  readonly createdBy: string | undefined;
}

const MAC_BYTES = 16;

/** Writes a place as an opaque text that nobody without the secret can make, bound to its list. */
export function writeCursor(secret: Buffer, scope: ListScope, place: ListPlace): string {
  const body = Buffer.from(`${place.createdAtMs}.${place.keyId}`, 'latin1');
  return Buffer.concat([macOf(secret, scope, body), body]).toString('base64url');
}

/** Reads a cursor back; undefined where it is not one of ours, or one of another list. */
export function readCursor(secret: Buffer, scope: ListScope, cursor: string): ListPlace | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== cursor) return undefined;
  const body = bytes.subarray(MAC_BYTES);
  if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), macOf(secret, scope, body))) return undefined;
  const [createdAt = '', keyId = ''] = body.toString('latin1').split('.');
  return { createdAtMs: Number(createdAt), keyId };
}

function macOf(secret: Buffer, { organizationId, api, projectId, createdBy }: ListScope, body: Buffer): Buffer {
  const bound = JSON.stringify([organizationId, api ?? null, projectId ?? null, createdBy ?? null]);
  return createHmac('sha256', secret).update(bound).update('\0').update(body).digest().subarray(0, MAC_BYTES);
}
