import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { RenderedMail, SendMail } from './mail.js';

export interface MailerSettings {
  /** `smtp://` or `smtps://`; undefined: messages are written as files. */
  readonly smtpUrl: string | undefined;
  /** Where the files go: `<folder>/<id>.eml`. */
  readonly outboxFolder: string;
  /** What the messages are sent from. */
  readonly from: string;
  /** Its host is what message ids end in. */
  readonly publicUrl: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const SOCKET_TIMEOUT_MS = 20_000;

/** Hands messages to an SMTP server, or writes them into a folder, in which a file is whole as soon as it has its name. */
export function mailer(settings: MailerSettings): SendMail {
  const { smtpUrl, outboxFolder, from, publicUrl } = settings;
  const host = new URL(publicUrl).hostname;
  const messageOf = ({ id, to, subject, text, html }: RenderedMail) => ({
    from,
    // As an address and not as a line of them: a comma in it is a character and not another recipient.
    to: { name: '', address: to },
    subject,
    text,
    html,
    messageId: `<${id}@${host}>`,
    disableUrlAccess: true,
    disableFileAccess: true,
  });
  if (smtpUrl !== undefined) {
    const transport = createTransport({
      url: smtpUrl,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
    });
    return async (mail) => {
      await transport.sendMail(messageOf(mail));
    };
  }
  const writer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return async (mail) => {
    const { message } = await writer.sendMail(messageOf(mail));
    // Messages hold links that open accounts: nobody else on the machine may read them.
    await mkdir(outboxFolder, { recursive: true, mode: 0o700 });
    const file = join(outboxFolder, `${mail.id}.eml`);
    await writeFile(`${file}.part`, message as Buffer, { mode: 0o600 });
    await rename(`${file}.part`, file);
  };
}
