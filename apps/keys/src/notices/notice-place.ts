import { isNoticeId } from './notice.js';

/** A place in a list of notices, which are listed by moment, then id: the next page begins after it. */
export interface NoticePlace {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly id: string;
}

/** Writes a place as a cursor. It needs no seal: whoever makes one up gets notices of the own organization all the same. */
export function writeNoticeCursor({ atMs, id }: NoticePlace): string {
  return Buffer.from(`${atMs}.${id}`, 'latin1').toString('base64url');
}

/** Reads a cursor back; undefined where it is none. */
export function readNoticeCursor(cursor: string): NoticePlace | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [at = '', id = ''] = text.split('.');
  return /^\d{1,13}$/.test(at) && isNoticeId(id) && text === `${at}.${id}` ? { atMs: Number(at), id } : undefined;
}
