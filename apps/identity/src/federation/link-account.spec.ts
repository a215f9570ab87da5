import { describe, expect, it } from '@jest/globals';
import { normaliseEmail } from '../accounts/email.js';
import { type AccountByEmail, type LinkFacts, linkAccount } from './link-account.js';

const email = normaliseEmail('ada@example.test');
const nobody: LinkFacts = { owner: undefined, linkTo: undefined, email, byEmail: undefined, isInstalled: true };
const ada: AccountByEmail = { accountId: 'acc_ada', isVerified: true, hasOtherIdentity: false, wasUnlinked: false };

describe('whose account an identity opens', () => {
  it('is the account that it is linked to, whatever its address says now [O-05]', () => {
    for (const facts of [
      nobody,
      { ...nobody, email: null },
      { ...nobody, byEmail: ada },
      { ...nobody, isInstalled: false },
    ]) {
      expect(linkAccount({ ...facts, owner: 'acc_bob' })).toEqual({ kind: 'sign_in', accountId: 'acc_bob' });
    }
  });

  it('is a new account for a new address, once there is an administrator', () => {
    expect(linkAccount(nobody)).toEqual({ kind: 'create', email });
    expect(linkAccount({ ...nobody, isInstalled: false })).toEqual({ kind: 'refused', code: 'not_set_up' });
  });

  it('is nobody without an address that the provider has verified [H-066]', () => {
    expect(linkAccount({ ...nobody, email: null })).toEqual({ kind: 'refused', code: 'email_unverified' });
  });

  it('is the account with the address, only where it was verified here too, and nothing speaks against it [T9, H-066]', () => {
    expect(linkAccount({ ...nobody, byEmail: ada })).toEqual({ kind: 'link_and_sign_in', accountId: 'acc_ada' });
    for (const against of [{ isVerified: false }, { hasOtherIdentity: true }, { wasUnlinked: true }]) {
      const byEmail = { ...ada, ...against };
      expect(linkAccount({ ...nobody, byEmail })).toEqual({ kind: 'refused', code: 'link_required' });
    }
  });

  it('is the account that asked while it was signed in, unless somebody has the identity', () => {
    const asked = { ...nobody, linkTo: 'acc_ada' };
    for (const facts of [asked, { ...asked, email: null }, { ...asked, byEmail: { ...ada, accountId: 'acc_bob' } }]) {
      expect(linkAccount(facts)).toEqual({ kind: 'link', accountId: 'acc_ada', isNew: true });
    }
    expect(linkAccount({ ...asked, owner: 'acc_ada' })).toEqual({ kind: 'link', accountId: 'acc_ada', isNew: false });
    expect(linkAccount({ ...asked, owner: 'acc_bob' })).toEqual({ kind: 'refused', code: 'identity_taken' });
  });
});
