import * as accounts from '@gatehouse/contracts/accounts';
import { describe, expect, it } from '@jest/globals';
import { accountsForEach, type People } from '../accounts/accounts-under-test.conformance.js';
import { ORIGIN, PASSWORD, tokenIn } from '../accounts/person-under-test.conformance.js';
import { type IdentityUnderTest } from '../start.conformance.js';

const OLD = 'grace@example.test';
const NEW = 'Grace@other.test';
const NEWER = 'grace@third.test';
const ANOTHER = 'four slow boats up the river';
const INVALID = { kind: 'link_invalid' };

describe('a change of e-mail address', () => {
  let identity: IdentityUnderTest;
  let people: People;

  accountsForEach({ emails: [OLD] }, (world) => {
    ({ identity, people } = world);
  });

  type Entered = Awaited<ReturnType<typeof people.enter>>;
  const ask = ({ person }: Entered, email: string) => identity.ask(accounts.askEmailChange, { person, email });
  const confirm = (token: string) => identity.ask(accounts.confirmEmailChange, { token, origin: ORIGIN });
  const undo = (token: string) => identity.ask(accounts.undoEmailChange, { token, origin: ORIGIN });
  const linkTo = async (email: string) => tokenIn(await identity.nextMail(email));
  /** @returns the link that takes it back */
  const changeTo = async (before: string, after: string) => {
    const mine = await people.enter(before);
    expect(await ask(mine, after)).toEqual({ kind: 'verification_sent' });
    expect(await confirm(await linkTo(after))).toEqual({ kind: 'email_changed' });
    expect((await identity.nextMail(after)).subject).toBe('This is your e-mail address now');
    identity.clock.advanceSeconds(1);
    return linkTo(before);
  };
  const emails = async () => (await identity.owner.query('SELECT email FROM accounts'))[0].email;

  it('counts when its own link is followed, and both addresses are told [H-060, P-14]', async () => {
    const mine = await people.enter(OLD);
    expect(await ask(mine, NEW)).toEqual({ kind: 'verification_sent' });
    const mail = await identity.nextMail(NEW);
    expect(mail.text).toContain('https://gatehouse.example.test/confirm-email#token=');
    expect(await emails()).toBe(OLD);
    expect(await confirm(tokenIn(mail))).toEqual({ kind: 'email_changed' });
    expect(await confirm(tokenIn(mail))).toEqual(INVALID);
    expect((await identity.nextMail(OLD)).text).toContain('/undo-email#token=');
    await identity.nextMail(NEW);
    expect((await people.login(OLD)).kind).toBe('credentials_invalid');
    expect((await people.login('GRACE@OTHER.TEST')).kind).toBe('signed_in');
    expect((await identity.authenticate(mine.sessionToken)).kind).toBe('authenticated');
  });

  it('needs a session that began within five minutes [M-09]', async () => {
    const mine = await people.enter(OLD);
    identity.clock.advanceSeconds(300);
    expect(await ask(mine, NEW)).toEqual({ kind: 'reauth_required' });
    await identity.signOut(mine.person.sessionId);
    expect(await ask(mine, NEW)).toEqual({ kind: 'session_ended' });
    expect(await ask(await people.enter(OLD), 'no address')).toEqual({ kind: 'email_invalid' });
    expect(await ask(await people.enter(OLD), NEW)).toEqual({ kind: 'verification_sent' });
  });

  it('to an address that has an account is answered alike, and its link does nothing [H-035]', async () => {
    await people.join(NEW);
    expect(await ask(await people.enter(OLD), NEW)).toEqual({ kind: 'verification_sent' });
    expect(await confirm(await linkTo(NEW))).toEqual(INVALID);
    expect((await people.login(OLD)).kind).toBe('signed_in');
  });

  it('gives an address that two accounts confirm at once to one of them', async () => {
    await identity.start();
    await people.join('eve@example.test');
    await ask(await people.enter(OLD), NEW);
    const links = [await linkTo(NEW)];
    await ask(await people.enter('eve@example.test'), NEW);
    links.push(await linkTo(NEW));
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, at) => confirm(links[at % 2] ?? '')));
    expect(outcomes.filter(({ kind }) => kind === 'email_changed')).toHaveLength(1);
    const rows = await identity.owner.query('SELECT 1 FROM accounts WHERE email_lookup = $1', [NEW.toLowerCase()]);
    expect(rows).toHaveLength(1);
  });

  it('voids links to reset the password that went to the address before', async () => {
    await people.forgot(OLD);
    const reset = await linkTo(OLD);
    await changeTo(OLD, NEW);
    expect(await people.reset(reset, ANOTHER)).toEqual(INVALID);
  });

  it('is taken back within 7 days: access ends, and the password is to be set anew [H-060]', async () => {
    const link = await changeTo(OLD, NEW);
    const thief = await people.enter(NEW);
    const device = (await people.remember(thief.sessionToken)).deviceToken ?? '';
    identity.clock.advanceSeconds(7 * 86_400 - 2);
    expect(await undo(link)).toEqual({ kind: 'email_restored' });
    expect(await undo(link)).toEqual(INVALID);
    expect(await emails()).toBe(OLD);
    expect((await identity.authenticate(thief.sessionToken)).kind).toBe('refused');
    expect((await people.login(OLD, PASSWORD, device)).kind).toBe('credentials_invalid');
    const mails = [await identity.nextMail(OLD), await identity.nextMail(NEW)];
    expect(mails[1]?.subject).toBe('This is not your e-mail address any more');
    expect(await people.reset(tokenIn(mails[0] as never), ANOTHER)).toEqual({ kind: 'password_reset' });
    expect((await people.login(OLD, ANOTHER)).kind).toBe('signed_in');
  });

  it("takes the identities at providers with it: one may be the thief's [H-060]", async () => {
    const link = await changeTo(OLD, NEW);
    await identity.owner.query(
      `INSERT INTO federated_identities (id, account_id, provider, issuer, subject, created_at, last_used_at)
       SELECT 'idn_thief', id, 'github', 'https://github.com', '1', now(), now() FROM accounts WHERE email = $1`,
      [NEW],
    );
    expect(await undo(link)).toEqual({ kind: 'email_restored' });
    expect(await identity.owner.query('SELECT 1 FROM federated_identities')).toEqual([]);
  });

  it('cannot be taken back after 7 days', async () => {
    const link = await changeTo(OLD, NEW);
    identity.clock.advanceSeconds(7 * 86_400);
    expect(await undo(link)).toEqual(INVALID);
    expect(await emails()).toBe(NEW);
  });

  it('is taken back by the first owner also after a second change, and by nobody else after that', async () => {
    const first = await changeTo(OLD, NEW);
    const second = await changeTo(NEW, NEWER);
    expect(await undo(first)).toEqual({ kind: 'email_restored' });
    expect(await undo(second)).toEqual(INVALID);
    expect(await emails()).toBe(OLD);
  });

  it('taken back by a later address leaves the first owner the way back', async () => {
    const first = await changeTo(OLD, NEW);
    const second = await changeTo(NEW, NEWER);
    expect(await undo(second)).toEqual({ kind: 'email_restored' });
    expect(await undo(first)).toEqual({ kind: 'email_restored' });
    expect(await emails()).toBe(OLD);
  });
});
