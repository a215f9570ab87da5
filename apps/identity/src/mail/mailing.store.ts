import type { EntityManager } from 'typeorm';
import type { Mail } from './mail.js';
import { queueMail } from './mails.store.js';
import { mailLink } from './templates.js';

/** Pages of the console that a link in a mail leads to. */
type LinkedPage =
  | 'verify-email'
  | 'reset-password'
  | 'confirm-email'
  | 'undo-email'
  | 'invitation'
  | 'recovery/confirm'
  | 'recovery/cancel'
  | 'recovery/complete';

/** What every change needs that tells somebody of itself, or sends a link. */
export interface Mailing {
  /** Puts a message into the outbox, in the transaction of the change. */
  queue(manager: EntityManager, mail: Mail, nowMs: number): Promise<void>;
  /** The whole address of a page, always under the configured origin [H-046]. */
  link(page: LinkedPage, token: string): string;
  /** What payloads of one-time tokens are sealed with. */
  readonly tokenKey: Buffer;
}

export function mailing(publicUrl: string, mailKey: Buffer, tokenKey: Buffer): Mailing {
  return {
    queue: (manager, mail, nowMs) => queueMail(manager, mail, mailKey, nowMs),
    link: (page, token) => mailLink(publicUrl, page, token),
    tokenKey,
  };
}
