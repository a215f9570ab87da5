/** The token of the link in a message. @throws Error where there is none */
export function tokenIn(mail: { readonly text: string }): string {
  const token = /#token=([\w-]+)/.exec(mail.text)?.[1];
  if (token === undefined) throw new Error(`no link in: ${mail.text}`);
  return token;
}
