import type { MailParameters, MailTemplate } from './templates.js';

/** One message to one person. */
export interface Mail {
  readonly to: string;
  readonly accountId: string | null;
  readonly template: MailTemplate;
  /** May hold a link with a secret: stored encrypted, and not at all once it was sent. */
  readonly parameters: MailParameters;
}

/** What goes to the mail server. */
export interface RenderedMail {
  /** The same at every attempt, so that a mail server can tell a second attempt from a second message. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Port: hands one message over. @throws Error where it was not taken; it is tried again. */
export type SendMail = (mail: RenderedMail) => Promise<void>;

/** How long a message waits after each attempt that failed; after the last one it is given up. */
const RETRY_AFTER_SECONDS: readonly number[] = [10, 60, 300, 900, 3_600, 10_800];

/** When a message is tried again after that many attempts; undefined: never. */
export function retryAtMs(attempts: number, nowMs: number): number | undefined {
  const seconds = RETRY_AFTER_SECONDS[attempts - 1];
  return seconds === undefined ? undefined : nowMs + seconds * 1_000;
}
