import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { Bus } from '@gatehouse/bus/bus';
import { serve } from '@gatehouse/bus/serve.server';
import { introspectToken, refreshTokens, revokeToken } from '@gatehouse/contracts/access-tokens';
import * as accounts from '@gatehouse/contracts/accounts';
import type { Role } from '@gatehouse/contracts/actor';
import type { Contract } from '@gatehouse/contracts/contract';
import * as federation from '@gatehouse/contracts/federation';
import * as identity from '@gatehouse/contracts/identity';
import * as imports from '@gatehouse/contracts/imports';
import * as keys from '@gatehouse/contracts/keys';
import { type Leak, reportLeaks } from '@gatehouse/contracts/leaks';
import { listNotices, readNotice } from '@gatehouse/contracts/notices';
import { setOrganizationSecurity } from '@gatehouse/contracts/organization-security';
import { beginPasskeySignIn } from '@gatehouse/contracts/passkeys';
import * as possession from '@gatehouse/contracts/possession';
import * as secondFactor from '@gatehouse/contracts/second-factor';
import * as usage from '@gatehouse/contracts/usage';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';

/** What the clock says, always. */
export const NOW_MS = Date.UTC(2026, 0, 15, 12);
export const PASSWORD = 'correct horse battery staple';
export const CLAIM_TOKEN = 'claim-token-of-the-first-start';
/** A sign-in that waits for its code, and that code. */
export const CHALLENGE = 'a-challenge';
export const CODE = '123456';
export const ORGANIZATIONS = ['org_AAAAAAAAAAAAAAAAAAAAAA', 'org_BBBBBBBBBBBBBBBBBBBBBB'] as const;

/** The one of the people who runs the installation. */
const OPERATOR = 'owner@example.com';

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

const TTL_SECONDS = 3600;
const at = (offsetMs: number) => new Date(NOW_MS + offsetMs).toISOString();
const account = (email: string) => ({ id: `acc_${email.split('@')[0]}`, email, name: 'A Person' });
const project = {
  id: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
  slug: 'default',
  name: 'Default',
  organizationId: ORGANIZATIONS[0],
  createdAt: at(0),
};

export function keyView(overrides: Partial<keys.KeyView> = {}): keys.KeyView {
  return {
    id: 'key_DDDDDDDDDDDDDDDDDDDDDD',
    display: 'ex_live_...AbCd',
    name: 'ci',
    api: 'exante',
    organizationId: ORGANIZATIONS[0],
    projectId: project.id,
    environment: 'live',
    scopes: ['invoices.read'],
    state: 'active',
    metadata: {},
    allowedAddresses: [],
    limits: null,
    remainingUses: null,
    createdAt: at(0),
    createdBy: 'acc_owner',
    createdByRole: 'owner',
    expiresAt: null,
    revokedAt: null,
    revocationReason: null,
    rotation: null,
    rotationDue: false,
    lastUsed: null,
    ...overrides,
  };
}

export const notice = {
  id: 'ntc_EEEEEEEEEEEEEEEEEEEEEE',
  at: at(0),
  kind: 'key.leaked',
  keyId: 'key_DDDDDDDDDDDDDDDDDDDDDD',
  detail: { action: 'revoked', url: 'https://github.com/o/r/blob/1/a.txt' },
  readAt: null,
};

type Answers = Map<Contract, (input: never) => unknown>;

function answers(world: FakeWorld): Answers {
  const signedIn = (email: string) => {
    const session = world.open(email);
    return {
      kind: 'signed_in',
      sessionToken: session.token,
      accessToken: `at-${session.id}`,
      accessTokenTtlSeconds: TTL_SECONDS,
      absoluteExpiresAt: at(8 * 3_600_000),
      account: account(email),
    };
  };
  return new Map<Contract, (input: never) => unknown>([
    [
      identity.signIn,
      ({ email, password }: { email: string; password: string }) =>
        world.people.has(email) && password === PASSWORD ? signedIn(email) : { kind: 'credentials_invalid' },
    ],
    [
      identity.claimInstallation,
      ({ token, email }: { token: string; email: string }) =>
        token === CLAIM_TOKEN ? signedIn(email) : { kind: 'token_invalid' },
    ],
    [
      identity.authenticateSession,
      (input: { kind: string; sessionToken?: string; accessToken?: string; wantAccessToken?: boolean }) => {
        const session = world.sessions.find(
          ({ token, id }) => token === input.sessionToken || `at-${id}` === input.accessToken,
        );
        if (session === undefined) {
          return { kind: 'refused', code: input.kind === 'session' ? 'session_unknown' : 'token_invalid' };
        }
        if (session.ended) return { kind: 'refused', code: 'session_ended' };
        return {
          kind: 'authenticated',
          sessionId: session.id,
          account: account(session.email),
          memberships: (world.people.get(session.email) ?? ['owner']).map((role, index) => ({
            organizationId: ORGANIZATIONS[index],
            organizationName: `Organization ${index}`,
            plan: 'free',
            role,
          })),
          isOperator: session.email === OPERATOR,
          csrfToken: session.csrf,
          accessToken: input.wantAccessToken === true ? `at-${session.id}` : null,
          accessTokenTtlSeconds: TTL_SECONDS,
          expiresAt: at(3_600_000),
          absoluteExpiresAt: at(8 * 3_600_000),
        };
      },
    ],
    [
      identity.signOut,
      ({ sessionId }: { sessionId: string }) => {
        for (const session of world.sessions) if (session.id === sessionId) session.ended = true;
        return { kind: 'signed_out' };
      },
    ],
    [accounts.signUp, () => ({ kind: 'verification_sent' })],
    [accounts.verifyEmail, () => ({ kind: 'verified' })],
    [accounts.askForMail, () => ({ kind: 'asked' })],
    [accounts.resetPassword, () => ({ kind: 'password_reset' })],
    [accounts.changePassword, () => signedIn('owner@example.com')],
    [accounts.askEmailChange, () => ({ kind: 'verification_sent' })],
    [accounts.confirmEmailChange, () => ({ kind: 'email_changed' })],
    [accounts.undoEmailChange, () => ({ kind: 'email_restored' })],
    [accounts.rememberDevice, () => ({ kind: 'remembered', deviceToken: null, keptSeconds: 0 })],
    [accounts.changeAccount, () => ({ kind: 'changed' })],
    [beginPasskeySignIn, () => ({ kind: 'options', options: {} })],
    [accounts.lookUpAccount, () => ({ kind: 'found', accounts: [] })],
    [
      secondFactor.answerChallenge,
      ({ challenge, code }: { challenge: string; code: string }) => {
        if (challenge !== CHALLENGE) return { kind: 'challenge_ended' };
        return code === CODE ? { ...signedIn('owner@example.com'), newBackupCodes: null } : { kind: 'code_wrong' };
      },
    ],
    [secondFactor.getSecondFactors, () => ({ kind: 'found', totpSince: at(0), passkeys: 0, backupCodesLeft: 9 })],
    [
      secondFactor.enrolTotp,
      () => ({ kind: 'enrolling', secret: 'GEZDGNBV', otpauthUri: 'otpauth://totp/Gatehouse:a%40b.c?secret=GEZDGNBV' }),
    ],
    ...[
      [secondFactor.confirmTotp, { kind: 'confirmed', backupCodes: ['AAAAAA-BBBBBB'] }] as const,
      [secondFactor.disableTotp, { kind: 'disabled' }] as const,
      [secondFactor.renewBackupCodes, { kind: 'renewed', backupCodes: ['CCCCCC-DDDDDD'] }] as const,
    ].map(([contract, right]) => [
      contract,
      ({ code }: { code: string }) => (code === CODE ? right : { kind: 'code_wrong' }),
    ]),
    [setOrganizationSecurity, () => ({ kind: 'set' })],
    [identity.listProjects, () => ({ kind: 'listed', projects: [project] })],
    [identity.createProject, () => ({ kind: 'created', project })],
    [
      identity.findProject,
      ({ project: named }: { project?: string }) =>
        named === undefined || named === project.id || named === project.slug
          ? { kind: 'found', project, plan: 'free' }
          : { kind: 'not_found' },
    ],
    [possession.selfRevokeKey, () => ({ kind: 'unknown' })],
    [federation.listProviders, () => ({ kind: 'listed', providers: ['github'] })],
    [federation.listIdentities, () => ({ kind: 'listed', identities: [] })],
    [federation.unlinkIdentity, () => ({ kind: 'unlinked' })],
    [identity.publishedKeys, () => ({ kind: 'jwks', keys: [{ kty: 'RSA', kid: 'identity-key' }] })],
    [
      imports.importKeys,
      ({ rows }: { rows: readonly { line: number; name: string }[] }) => ({
        kind: 'settled',
        outcomes: rows.map(({ line, name }) =>
          name === 'expired'
            ? { status: 'refused', line, code: 'invalid_expiry', field: 'expiresAt', message: 'It is over.' }
            : { status: name === 'there' ? 'exists' : 'imported', line, keyId: `key_${line}` },
        ),
      }),
    ],
    [
      imports.exportKeys,
      ({ cursor }: { cursor?: string }) => ({
        kind: 'exported',
        keys: [keyView({ name: `page ${cursor ?? '1'}` })],
        nextCursor: cursor === undefined ? '2' : cursor === '2' ? '3' : null,
      }),
    ],
    [keys.issueKey, () => ({ kind: 'issued', key: keyView(), secret: 'ex_live_the-secret' })],
    [keys.listKeys, () => ({ kind: 'listed', keys: [keyView(), keyView({ state: 'expired' })], nextCursor: 'next' })],
    [
      keys.getKey,
      ({ keyId }: { keyId: string }) =>
        keyId === keyView().id ? { kind: 'found', key: keyView() } : { kind: 'not_found' },
    ],
    [
      keys.revokeKey,
      ({ keyId, reason }: { keyId: string; reason?: string }) =>
        keyId === keyView().id
          ? {
              kind: 'revoked',
              key: keyView({ state: 'revoked', revokedAt: at(0), revocationReason: reason ?? null }),
              settlement: {
                heldAt: at(0),
                acknowledged: [{ holderId: 'f'.repeat(32), kind: 'keys' }],
                expired: [],
                listed: true,
              },
            }
          : { kind: 'not_found' },
    ],
    ...[usage.getUsage, usage.listRequests, usage.getScopeUse].map((contract) => [
      contract,
      () => ({ kind: 'not_found' }),
    ]),
    [refreshTokens, () => ({ kind: 'refused' })],
    [revokeToken, () => ({ kind: 'revoked' })],
    [introspectToken, () => ({ kind: 'inactive' })],
    [
      reportLeaks,
      ({ leaks }: { leaks: Leak[] }) => ({
        kind: 'reported',
        known: leaks.map(({ digest }) => world.digests.has(digest)),
      }),
    ],
    [listNotices, () => ({ kind: 'listed', notices: [notice], nextCursor: 'next' })],
    [
      readNotice,
      ({ noticeId }: { noticeId: string }) =>
        noticeId === notice.id ? { kind: 'read', notice: { ...notice, readAt: at(0) } } : { kind: 'not_found' },
    ],
  ] as [Contract, (input: never) => unknown][]);
}

/** A microservice that answers the contracts of identity and keys from memory. */
export async function startFakeServices(bus: Bus, world: FakeWorld) {
  @Controller()
  class FakeServices {}
  for (const [contract, answer] of answers(world)) {
    const name = contract.subject;
    const handler = (payload: unknown) =>
      serve(contract, payload, (input) => {
        world.asked.push({ subject: contract.subject, input });
        const instead = world.instead.get(contract.subject);
        return typeof instead === 'function' ? instead(input) : (instead ?? answer(input as never));
      });
    const descriptor = { value: handler, writable: true, configurable: true, enumerable: true };
    Object.defineProperty(FakeServices.prototype, name, descriptor);
    MessagePattern(name)(FakeServices.prototype, name, descriptor);
    Payload()(FakeServices.prototype, name, 0);
  }
  @Module({ controllers: [FakeServices] })
  class FakeModule {}
  const app = await NestFactory.createMicroservice(FakeModule, { strategy: bus.serverStrategy('fake'), logger: false });
  await app.listen();
  return app;
}
