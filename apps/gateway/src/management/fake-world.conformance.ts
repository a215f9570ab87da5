import { randomBytes } from 'node:crypto';
import type { Role } from '@gatehouse/contracts/actor';
import type { Contract } from '@gatehouse/contracts/contract';

/** What the clock says, always. */
export const NOW_MS = Date.UTC(2026, 0, 15, 12);
export const PASSWORD = 'correct horse battery staple';
export const CLAIM_TOKEN = 'claim-token-of-the-first-start';
/** A sign-in that waits for its code, and that code. */
export const CHALLENGE = 'a-challenge';
export const CODE = '123456';
export const ORGANIZATIONS = ['org_AAAAAAAAAAAAAAAAAAAAAA', 'org_BBBBBBBBBBBBBBBBBBBBBB'] as const;

interface FakeSession {
  readonly id: string;
  readonly token: string;
  readonly csrf: string;
  readonly email: string;
  ended: boolean;
}

/** What the fakes know and have been asked. */
export class FakeWorld {
  /** E-mail address -> roles in its organizations, in the order of ORGANIZATIONS. */
  readonly people = new Map<string, readonly Role[]>([
    ['owner@example.com', ['owner']],
    ['developer@example.com', ['developer']],
    ['viewer@example.com', ['viewer']],
    ['both@example.com', ['owner', 'viewer']],
    ['nowhere@example.com', []],
  ]);
  readonly sessions: FakeSession[] = [];
  /** SHA-256 of the keys that there are, in base64. */
  readonly digests = new Set<string>();
  readonly asked: { readonly subject: string; readonly input: unknown }[] = [];
  /** Set by a test: what the next answer on a subject is instead, or a function of the question. */
  readonly instead = new Map<string, unknown>();

  of(subject: string): unknown[] {
    return this.asked.filter((one) => one.subject === subject).map(({ input }) => input);
  }

  open(email: string) {
    const random = randomBytes(16).toString('hex');
    const session = { id: `ses_${random}`, token: `tok-${random}`, csrf: `csrf-${random}`, email, ended: false };
    this.sessions.push(session);
    return session;
  }
}

export const at = (offsetMs: number) => new Date(NOW_MS + offsetMs).toISOString();
export const project = {
  id: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
  slug: 'default',
  name: 'Default',
  organizationId: ORGANIZATIONS[0],
  createdAt: at(0),
};

/** What a fake answers, contract by contract. */
export type FakeAnswers = readonly (readonly [Contract, (input: never) => unknown])[];
