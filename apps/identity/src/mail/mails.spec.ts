import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../database/rows.store.js';
import { type IdentityUnderTest, identityTests } from '../start.conformance.js';
import type { RenderedMail } from './mail.js';
import { mailer } from './mailer.client.js';
import { deliverMails, queueMail } from './mails.store.js';

const KEY = Buffer.alloc(32, 9);
const MAIL = {
  to: 'ada@example.test',
  accountId: null,
  template: 'new-session',
  parameters: { when: 'noon', address: 'canary-8c31', userAgent: 'a browser' },
} as const;

describe('the outbox', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  let sent: RenderedMail[];
  const failures: string[] = [];

  beforeAll(async () => {
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.open();
    sent = [];
  });
  afterEach(() => identity.stop());

  const queue = () => queueMail(identity.owner.manager, MAIL, KEY, identity.clock.nowMs());
  const send = async (mail: RenderedMail) => {
    sent.push(mail);
  };
  const deliver = (sendMail = send) =>
    deliverMails(identity.owner, sendMail, KEY, identity.clock.nowMs, (error) => failures.push(error.message));

  it('sends each message once, however many replicas look at it, and forgets what was in it [L-01]', async () => {
    for (let index = 0; index < 30; index += 1) await queue();
    const [row] = await identity.owner.query('SELECT * FROM mails LIMIT 1');
    expect(JSON.stringify(row)).not.toContain('canary-8c31');
    expect(row.sealed_parameters.includes('canary-8c31')).toBe(false);
    const counts = await Promise.all(Array.from({ length: 20 }, () => deliver()));
    expect(counts.reduce((sum, count) => sum + count)).toBe(30);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(30);
    expect(sent[0]?.text).toContain('canary-8c31');
    expect(await identity.owner.query('SELECT 1 FROM mails WHERE sealed_parameters IS NOT NULL')).toEqual([]);
    identity.clock.advanceSeconds(100_000);
    expect(await deliver()).toBe(0);
  });

  it('holds nothing of a change that did not stand', async () => {
    const failing = inTransaction(identity.owner, async (manager) => {
      await queueMail(manager, MAIL, KEY, identity.clock.nowMs());
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await deliver()).toBe(0);
  });

  it('tries again after growing delays, and gives up in the end', async () => {
    await queue();
    const refuse = () => Promise.reject(new Error('the server is full'));
    const delays = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      expect(await deliver(refuse)).toBe(1);
      expect(await deliver(refuse)).toBe(0);
      const [row] = await identity.owner.query('SELECT next_attempt_at FROM mails');
      const seconds = (row.next_attempt_at.getTime() - identity.clock.nowMs()) / 1_000;
      delays.push(seconds);
      identity.clock.advanceSeconds(seconds);
    }
    expect(delays).toEqual([10, 60, 300, 900, 3_600, 10_800]);
    expect(await deliver(refuse)).toBe(1);
    const [row] = await identity.owner.query('SELECT failed_at, next_attempt_at, sealed_parameters FROM mails');
    expect(row).toEqual({ failed_at: expect.any(Date), next_attempt_at: null, sealed_parameters: null });
    expect(failures.at(-1)).toBe('the server is full');
  });

  it('leaves what a replica claimed and did not finish to another one', async () => {
    await queue();
    let release = () => {};
    const hanging = deliver(() => new Promise((resolve) => (release = () => resolve())));
    while ((await identity.owner.query('SELECT 1 FROM mails WHERE attempts = 1')).length === 0);
    expect(await deliver()).toBe(0);
    identity.clock.advanceSeconds(60);
    expect(await deliver()).toBe(1);
    expect(sent).toHaveLength(1);
    release();
    await hanging;
  });

  it('does not open what was sealed with another secret', async () => {
    await queueMail(identity.owner.manager, MAIL, Buffer.alloc(32, 1), identity.clock.nowMs());
    await deliver();
    expect(sent).toEqual([]);
    expect(failures.at(-1)).toContain('GATEHOUSE_SECRET');
  });
});

describe('a message without a mail server', () => {
  it('is a file that its owner alone can read, in both forms, to exactly that address', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-outbox-'));
    const outboxFolder = join(folder, 'outbox');
    const settings = { smtpUrl: undefined, outboxFolder, from: 'Gatehouse <no-reply@example.test>' };
    const send = mailer({ ...settings, publicUrl: 'https://auth.example.test' });
    const mail = { id: 'mail_1', to: 'ada@example.test', subject: 'Grüße', text: 'plain\n', html: '<p>rich</p>' };
    await send(mail);
    expect(await readdir(outboxFolder)).toEqual(['mail_1.eml']);
    const file = join(outboxFolder, 'mail_1.eml');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^To: ada@example\.test$/m);
    expect(text).toMatch(/^From: Gatehouse <no-reply@example\.test>$/m);
    expect(text).toContain('<mail_1@auth.example.test>');
    expect(text).toContain('plain');
    expect(text).toContain('<p>rich</p>');
    await rm(folder, { recursive: true });
  });
});
