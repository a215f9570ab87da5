import type { Account } from '../accounts/account.js';
import type { Mail } from '../mail/mail.js';
import type { GrantRequest } from './grants.store.js';

/** Tells the owner that a refresh token came twice, and that its family has ended [H-088]. */
export function tokenReusedMail(account: Account, { clientId, origin, nowMs }: Omit<GrantRequest, 'api'>): Mail {
  const { address, userAgent } = origin;
  return {
    to: account.email,
    accountId: account.id,
    template: 'refresh-token-reused',
    parameters: { when: new Date(nowMs).toISOString(), client: clientId, address, userAgent },
  };
}
