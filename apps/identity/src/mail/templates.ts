/** One message in words: what its reader sees, without the frame. */
export interface MailText {
  readonly subject: string;
  /** Paragraphs of plain text; a link stands alone in its own one. */
  readonly paragraphs: readonly string[];
}

/** What a template may say; values are texts. */
export type MailParameters = Readonly<Record<string, string>>;

const NOT_ME = 'If that was not you, change your password and look at your sessions at once.';

/** THE table of what is mailed. `link` is a whole address, made by `mailLink`. */
export const MAIL_TEMPLATES = {
  'new-session': ({ when = '', address = '', userAgent = '' }) => ({
    subject: 'Somebody signed in to your account',
    paragraphs: [
      `Your account was signed in to at ${when}, from ${address} with ${userAgent}.`,
      'If that was not you, change your password: this ends every session.',
    ],
  }),
  invitation: ({ organization = '', inviter = '', role = '', link = '' }) => ({
    subject: `You are invited to ${organization}`,
    paragraphs: [
      `${inviter} invites you to the organization ${organization}, as ${role}.`,
      'Sign in, or sign up with this address, and follow the link within seven days:',
      link,
      'If you do not know who that is, you need not do anything.',
    ],
  }),
  'passkey-added': ({ name = '', when = '', address = '' }) => ({
    subject: 'A passkey was added to your account',
    paragraphs: [
      `The passkey ${name} was added at ${when}, from ${address}. It signs in to your account.`,
      'If that was not you, remove it in the account settings, change your password and end all sessions.',
    ],
  }),
  'passkey-removed': ({ name = '', when = '', address = '' }) => ({
    subject: 'A passkey was removed from your account',
    paragraphs: [
      `The passkey ${name} was removed at ${when}, from ${address}. It does not sign in any more.`,
      'If that was not you, change your password and end all sessions.',
    ],
  }),
  verification: ({ link = '' }) => ({
    subject: 'Confirm your e-mail address',
    paragraphs: [
      'Somebody, hopefully you, signed up with this address. Follow this link within 10 minutes to open the account:',
      link,
      'If that was not you, do nothing: without the link there is no account.',
    ],
  }),
  'sign-up-known': () => ({
    subject: 'You have an account already',
    paragraphs: [
      'Somebody, hopefully you, tried to sign up with this address. It has an account already, and nothing was changed.',
      'To get in, sign in; or ask for a new password there if you forgot it.',
    ],
  }),
  'password-reset': ({ link = '' }) => ({
    subject: 'Choose a new password',
    paragraphs: [
      'Somebody, hopefully you, asked for a new password for your account. Follow this link within 10 minutes:',
      link,
      'If that was not you, do nothing: your password stays as it is.',
    ],
  }),
  'password-reset-by-operator': ({ link = '' }) => ({
    subject: 'You have to choose a new password',
    paragraphs: [
      'An operator has ended your sessions and asks you to choose a new password. Follow this link within 10 minutes:',
      link,
      'When it is over, ask for another one on the sign-in page. Nobody but you sees the new password.',
    ],
  }),
  'password-changed': ({ when = '', address = '' }) => ({
    subject: 'Your password was changed',
    paragraphs: [
      `The password of your account was changed at ${when}, from ${address}. Every other session has ended.`,
      'If that was not you, ask for a new password on the sign-in page now.',
    ],
  }),
  'password-disabled': () => ({
    subject: 'Your password is locked',
    paragraphs: [
      'A wrong password was tried for your account 100 times in a row. Your password does not open it any more, except on devices on which you have signed in before.',
      'Ask for a new password on the sign-in page to open it again.',
    ],
  }),
  'email-change': ({ link = '' }) => ({
    subject: 'Confirm your new e-mail address',
    paragraphs: [
      'Somebody, hopefully you, wants to use this address for an account. Follow this link within 10 minutes:',
      link,
      'If that was not you, do nothing.',
    ],
  }),
  'email-changed-before': ({ link = '', when = '' }) => ({
    subject: 'Your e-mail address was changed',
    paragraphs: [
      `At ${when} your account got another e-mail address. This one does not open it any more.`,
      'If that was not you, take it back with this link within 7 days. It ends every session, and you choose a new password:',
      link,
    ],
  }),
  'email-changed-after': ({ when = '' }) => ({
    subject: 'This is your e-mail address now',
    paragraphs: [`At ${when} this became the e-mail address of your account.`],
  }),
  'email-taken-back': ({ when = '' }) => ({
    subject: 'This is not your e-mail address any more',
    paragraphs: [`At ${when} the owner of the address before took its change back. This address opens no account now.`],
  }),
  'email-restored': ({ link = '' }) => ({
    subject: 'Your e-mail address is back: choose a new password',
    paragraphs: [
      'This is the address of your account again, and every session has ended. Whoever changed it may know your password, so it does not work any more. Choose a new one within 10 minutes:',
      link,
    ],
  }),
  'account-disabled': ({ when = '' }) => ({
    subject: 'Your account was disabled',
    paragraphs: [
      `An operator disabled your account at ${when}. Every session has ended, and nobody can sign in to it.`,
    ],
  }),
  'account-enabled': ({ when = '' }) => ({
    subject: 'Your account is open again',
    paragraphs: [`An operator opened your account again at ${when}.`],
  }),
  'identity-linked': ({ provider = '', when = '', address = '' }) => ({
    subject: `${provider} now opens your account`,
    paragraphs: [
      `At ${when}, from ${address}, your account was linked with ${provider}: whoever signs in there opens it.`,
      'If that was not you, sign in, unlink it in the settings of your account, and change your password.',
    ],
  }),
  'identity-unlinked': ({ provider = '', when = '', address = '' }) => ({
    subject: `${provider} opens your account no more`,
    paragraphs: [
      `At ${when}, from ${address}, the link of your account with ${provider} was removed. Every other session was ended.`,
      'If that was not you, change your password.',
    ],
  }),
  'second-factor-on': ({ when = '', address = '' }) => ({
    subject: 'A second factor now protects your account',
    paragraphs: [
      `Since ${when}, signing in to your account takes a code of your authenticator. This was set up from ${address}.`,
      'Keep the backup codes where you find them without your device: each of them takes the place of one code.',
      NOT_ME,
    ],
  }),
  'authenticator-replaced': ({ when = '', address = '' }) => ({
    subject: 'The authenticator of your account was replaced',
    paragraphs: [
      `At ${when}, another authenticator was set up from ${address}. Codes of the earlier one, and the backup codes that came with it, are void.`,
      NOT_ME,
    ],
  }),
  'second-factor-off': ({ when = '', address = '' }) => ({
    subject: 'The second factor of your account was removed',
    paragraphs: [
      `At ${when}, your authenticator was removed from ${address}. Signing in takes your password only; the backup codes are void.`,
      NOT_ME,
    ],
  }),
  'backup-codes-renewed': ({ when = '', address = '' }) => ({
    subject: 'New backup codes were made for your account',
    paragraphs: [`At ${when}, new backup codes were made from ${address}. Every earlier one is void.`, NOT_ME],
  }),
  'backup-code-used': ({ when = '', address = '', codesLeft = '' }) => ({
    subject: 'A backup code of your account was used',
    paragraphs: [
      `At ${when}, a backup code was used to sign in from ${address}. Codes left: ${codesLeft}.`,
      'If the last one was used, new ones were shown right after that sign-in.',
      NOT_ME,
    ],
  }),
  'recovery-confirm': ({ when = '', address = '', link = '' }) => ({
    subject: 'Somebody asks to get into your account without a second factor',
    paragraphs: [
      `At ${when}, somebody who knows your password asked for this from ${address}.`,
      'If that was you, and you have neither your device nor a backup code, follow this link within ten minutes. It opens nothing by itself: the request is reviewed, and waits for a day.',
      link,
      'If that was not you, do not follow the link, and change your password at once.',
    ],
  }),
  'recovery-requested': ({ when = '', address = '', readyAt = '', link = '' }) => ({
    subject: 'The recovery of your account is under review',
    paragraphs: [
      `The request was confirmed at ${when}, from ${address}. If it is approved, your second factor can be removed from ${readyAt} on.`,
      'If that is not what you want, stop it here at any time before:',
      link,
    ],
  }),
  'recovery-approved': ({ readyAt = '' }) => ({
    subject: 'The recovery of your account was approved',
    paragraphs: [
      `From ${readyAt} on, sign in with your password and ask for recovery once more: you get the link that removes your second factor.`,
      'If you do not want that, follow the link that stops it, in the message before this one.',
    ],
  }),
  'recovery-refused': ({ when = '' }) => ({
    subject: 'The recovery of your account was refused',
    paragraphs: [`At ${when}, the request was refused. Your second factor stays as it is.`],
  }),
  'recovery-cancelled': ({ when = '', address = '' }) => ({
    subject: 'The recovery of your account was stopped',
    paragraphs: [
      `It was stopped at ${when}, from ${address}. Your second factor stays as it is.`,
      'If you did not ask for the recovery, somebody knows your password: change it at once.',
    ],
  }),
  'recovery-complete': ({ link = '' }) => ({
    subject: 'Remove the second factor of your account',
    paragraphs: [
      'The recovery was approved. This link, good for ten minutes, removes your authenticator, your passkeys and your backup codes, and ends every session:',
      link,
      'Sign in with your password then, and set up a second factor again.',
    ],
  }),
  'recovery-completed': ({ when = '', address = '' }) => ({
    subject: 'The second factor of your account was removed by recovery',
    paragraphs: [
      `At ${when}, from ${address}, the recovery was completed. Every session has ended, and signing in takes your password only.`,
      NOT_ME,
    ],
  }),
  'recovery-on-server': ({ when = '' }) => ({
    subject: 'The second factor of your account was removed on the server',
    paragraphs: [
      `At ${when}, somebody with access to the server that Gatehouse runs on removed the second factors of your account, which runs this installation. Every session has ended, and signing in takes your password only.`,
      'Sign in now, and set up another second factor. If that was not you, somebody else has the secrets of your server.',
    ],
  }),
  'refresh-token-reused': ({ when = '', client = '', address = '', userAgent = '' }) => ({
    subject: 'A sign-in of a program was ended',
    paragraphs: [
      `At ${when} a refresh token for ${client} came a second time, from ${address} with ${userAgent}.`,
      'Somebody else may have it, so the sign-in that it belongs to was ended. Sign in again in the program that you use.',
      'If you do not know that program, change your password: this ends every session.',
    ],
  }),
} as const satisfies Record<string, (parameters: MailParameters) => MailText>;

export type MailTemplate = keyof typeof MAIL_TEMPLATES;

/** Renders a message in both forms. Every value is escaped in HTML, so that no name can become markup [H-085]. */
export function renderMail(template: MailTemplate, parameters: MailParameters) {
  const { subject, paragraphs }: MailText = MAIL_TEMPLATES[template](parameters);
  return {
    subject: oneLine(subject),
    text: `${paragraphs.join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><body>${paragraphs.map(paragraphHtml).join('')}</body></html>`,
  };
}

/** The address of a page of the console with a token in the fragment, which no browser sends to any server. */
export function mailLink(publicUrl: string, page: string, token: string): string {
  return `${publicUrl}/${page}#token=${token}`;
}

function paragraphHtml(paragraph: string): string {
  const escaped = escapeHtml(paragraph);
  const isLink = /^https?:\/\/\S+$/.test(paragraph);
  return `<p>${isLink ? `<a href="${escaped}">${escaped}</a>` : escaped}</p>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function oneLine(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').trim();
}
