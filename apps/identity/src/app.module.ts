import { deriveSecret } from '@gatehouse/config/derive-secret';
import { type DynamicModule, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { findPasswordAccount } from './accounts/accounts.store.js';
import type { IdentityConfig } from './config.js';
import { claimInstallation, isClaimOpen } from './first-administrator/first-administrator.store.js';
import type { IdentityMetrics } from './identity-metrics.js';
import { membershipsOf } from './organizations/organizations.store.js';
import type { BoundedQueue } from './password/bounded-queue.js';
import type { PasswordHasher } from './password/hasher.js';
import type { StoredHash } from './password/stored-hash.js';
import { PROJECTS_DOOR, ProjectsController, type ProjectsDoor } from './projects/projects.controller.js';
import { createProjectAs, findProjectOf, listProjectsOf } from './projects/projects.store.js';
import { csrfToken } from './sessions/csrf.js';
import type { Session } from './sessions/session.js';
import { SESSIONS_DOOR, SessionsController, type SessionsDoor } from './sessions/sessions.controller.js';
import { endSession, extendSession, findSessionById, findSessionByToken } from './sessions/sessions.store.js';
import { SIGN_IN_DOOR, SignInController, type SignInDoor } from './sign-in/sign-in.controller.js';
import { recordSignIn } from './sign-in/sign-in.store.js';
import { countAttempt, judgeAttempts } from './sign-in/sign-in-attempts.store.js';
import { issueAccessToken, judgeAccessToken } from './tokens/access-token.js';
import type { KeyRing } from './tokens/signing-key.js';
import { KEY_RING, TokensController } from './tokens/tokens.controller.js';

/** What a start has made ready before the doors open. */
export interface IdentityParts {
  readonly config: IdentityConfig;
  readonly dataSource: DataSource;
  readonly keys: KeyRing;
  readonly hasher: PasswordHasher;
  readonly dummy: StoredHash;
  readonly passwordWork: BoundedQueue;
  readonly metrics: IdentityMetrics;
  nowMs(): number;
}

@Module({})
class AppModule {}

/** The only wiring of this service: which store and which secret stands behind which door. */
export function identityModule(parts: IdentityParts): DynamicModule {
  return {
    module: AppModule,
    controllers: [SignInController, SessionsController, ProjectsController, TokensController],
    providers: [
      { provide: SIGN_IN_DOOR, useValue: signInDoor(parts) },
      { provide: SESSIONS_DOOR, useValue: sessionsDoor(parts) },
      { provide: PROJECTS_DOOR, useValue: projectsDoor(parts) },
      { provide: KEY_RING, useValue: parts.keys },
    ],
  };
}

function signInDoor(parts: IdentityParts): SignInDoor {
  const { dataSource, hasher, passwordWork, nowMs } = parts;
  const { manager } = dataSource;
  return {
    signIn: {
      nowMs,
      hasher,
      passwordWork,
      dummy: parts.dummy,
      judgeAttempts: (addressHash, atMs) => judgeAttempts(manager, addressHash, atMs),
      countAttempt: (addressHash, startedAtMs, atMs) => countAttempt(manager, addressHash, startedAtMs, atMs),
      findPasswordAccount: (email) => findPasswordAccount(manager, email),
      recordSignIn: (record) => recordSignIn(dataSource, record),
    },
    claim: {
      nowMs,
      hasher,
      passwordWork,
      minPasswordLength: parts.config.PASSWORD_MIN_LENGTH,
      isClaimOpen: (tokenHash) => isClaimOpen(manager, tokenHash),
      claimInstallation: (...claim) => claimInstallation(dataSource, ...claim),
    },
    issueAccessToken: (session) => issueToken(parts, session),
    metrics: parts.metrics,
  };
}

function sessionsDoor(parts: IdentityParts): SessionsDoor {
  const { dataSource, nowMs } = parts;
  const { manager } = dataSource;
  const csrfKey = deriveSecret(parts.config.GATEHOUSE_SECRET, 'csrf');
  return {
    authenticate: {
      nowMs,
      findSessionByToken: (tokenHash) => findSessionByToken(manager, tokenHash),
      findSessionById: (sessionId) => findSessionById(manager, sessionId),
      extendSession: (session, atMs) => extendSession(manager, session, atMs),
      judgeAccessToken: (token, atMs) => judgeAccessToken(token, parts.keys, parts.config.PUBLIC_URL, atMs),
    },
    membershipsOf: (accountId) => membershipsOf(manager, accountId),
    csrfToken: (sessionId) => csrfToken(csrfKey, sessionId),
    issueAccessToken: (session) => issueToken(parts, session),
    endSession: (sessionId, origin) => endSession(dataSource, sessionId, origin, nowMs()),
  };
}

function projectsDoor({ dataSource, nowMs }: IdentityParts): ProjectsDoor {
  const { manager } = dataSource;
  return {
    create: { nowMs, createProjectAs: (...project) => createProjectAs(dataSource, ...project) },
    list: (organizationId) => listProjectsOf(manager, organizationId),
    find: (organizationId, idOrSlug) => findProjectOf(manager, organizationId, idOrSlug),
  };
}

function issueToken(parts: IdentityParts, session: Session) {
  return issueAccessToken(session, parts.keys, parts.config.PUBLIC_URL, parts.nowMs());
}
