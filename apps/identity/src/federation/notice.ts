import type { Account } from '../accounts/account.js';
import type { Mail } from '../mail/mail.js';
import type { Origin } from '../origin.js';
import type { ProviderName } from './provider.js';

const SHOWN_AS: Readonly<Record<ProviderName, string>> = { github: 'GitHub', sso: 'single sign-on' };

/** What tells the owner of an account that another way into it is there, or gone [P-14]. */
export function identityNotice(
  template: 'identity-linked' | 'identity-unlinked',
  account: Account,
  provider: ProviderName,
  origin: Origin,
  nowMs: number,
): Mail {
  const parameters = {
    provider: SHOWN_AS[provider],
    when: new Date(nowMs).toISOString(),
    address: origin.address,
  };
  return { to: account.email, accountId: account.id, template, parameters };
}
