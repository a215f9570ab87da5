import { randomBytes } from 'node:crypto';
import type { NoticeView } from '@gatehouse/contracts/notices';
import { writeBase62 } from '@gatehouse/key-domain/base62';

/** Something that an organization is to be told. */
export interface NewNotice {
  readonly organizationId: string;
  /** In the words of the audit log, as `key.leaked`. */
  readonly kind: string;
  /** null: about the organization as a whole. */
  readonly keyId: string | null;
  /** What tells one event of this kind from the next one of the same key: the same is told once. */
  readonly source: string;
  readonly detail: Readonly<Record<string, string>>;
}

/** A notice as it is stored; moments are Unix milliseconds. */
export interface Notice extends Omit<NewNotice, 'source'> {
  readonly id: string;
  readonly atMs: number;
  readonly readAtMs: number | null;
}

/** A new id: `ntc_` and 22 base62 digits that hold 128 random bits. */
export function newNoticeId(random: Buffer = randomBytes(16)): string {
  return `ntc_${writeBase62(BigInt(`0x${random.toString('hex')}`), 22)}`;
}

/** Whether a text that a client sent can be an id at all. */
export function isNoticeId(text: string): boolean {
  return /^ntc_[0-9A-Za-z]{22}$/.test(text);
}

export function noticeView({ id, atMs, kind, keyId, detail, readAtMs }: Notice): NoticeView {
  const readAt = readAtMs === null ? null : new Date(readAtMs).toISOString();
  return { id, at: new Date(atMs).toISOString(), kind, keyId, detail: { ...detail }, readAt };
}
