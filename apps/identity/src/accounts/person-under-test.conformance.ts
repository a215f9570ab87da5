import * as accounts from '@gatehouse/contracts/accounts';
import { signIn } from '@gatehouse/contracts/identity';
import type { RenderedMail } from '../mail/mail.js';
import { expectAuthenticated, expectSignedIn, type IdentityUnderTest } from '../start.conformance.js';

export const ORIGIN = { address: '192.0.2.7', userAgent: 'a browser', requestId: 'req-1' };
export const PASSWORD = 'nine copper bells over the bay';

/** The token of the link in a message. @throws Error where there is none */
export function tokenIn(mail: RenderedMail): string {
  const token = /#token=([\w-]+)/.exec(mail.text)?.[1];
  if (token === undefined) throw new Error(`no link in: ${mail.text}`);
  return token;
}

/** What people do, as the gateway passes it on. */
export function peopleOf(identity: IdentityUnderTest) {
  const signUp = (email: string, password = PASSWORD, name = 'Grace', origin = ORIGIN) =>
    identity.ask(accounts.signUp, { email, password, name, origin });
  const follow = (token: string, password?: string) =>
    identity.ask(accounts.verifyEmail, { token, password, origin: ORIGIN });
  const verify = async (token: string, password?: string) => {
    // As where somebody has set the installation up: before, nobody gets an account.
    await identity.owner.query(`INSERT INTO installation VALUES (true, 'acc_first', now()) ON CONFLICT DO NOTHING`);
    return follow(token, password);
  };
  const login = (email: string, password = PASSWORD, deviceToken?: string, address = ORIGIN.address) =>
    identity.ask(signIn, { email, password, deviceToken, origin: { ...ORIGIN, address } });
  return {
    signUp,
    verify,
    /** Follows the link as it is, whoever has set up what. */
    follow,
    login,
    /** An account that is there when it returns. */
    join: async (email: string, password = PASSWORD) => {
      await signUp(email, password);
      await verify(tokenIn(await identity.nextMail(email)));
    },
    /** A session, as its owner refers to it. */
    enter: async (email: string, password = PASSWORD) => {
      const { sessionToken, account } = expectSignedIn(await login(email, password));
      const { sessionId } = expectAuthenticated(await identity.authenticate(sessionToken));
      return { sessionToken, accountId: account.id, person: { accountId: account.id, sessionId, origin: ORIGIN } };
    },
    forgot: (email: string, origin = ORIGIN) =>
      identity.ask(accounts.askForMail, { mail: 'password_reset', email, origin }),
    resend: (email: string) => identity.ask(accounts.askForMail, { mail: 'verification', email, origin: ORIGIN }),
    reset: (token: string, newPassword: string) =>
      identity.ask(accounts.resetPassword, { token, newPassword, origin: ORIGIN }),
    remember: (sessionToken: string, deviceToken?: string) =>
      identity.ask(accounts.rememberDevice, { sessionToken, deviceToken }),
  };
}
