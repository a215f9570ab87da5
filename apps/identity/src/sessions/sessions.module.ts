import type { Provider, Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { inTransaction } from '../database/rows.store.js';
import { membershipsOf } from '../organizations/organizations.store.js';
import { isOperator } from '../organizations/standing.store.js';
import type { AccessTokens } from '../tokens/access-tokens.js';
import { csrfToken } from './csrf.js';
import { endOwnSessions, listOwnSessions } from './own-sessions.store.js';
import { SESSIONS_DOOR, SessionsController, type SessionsDoor } from './sessions.controller.js';
import { endSession, extendSession, findSessionById, findSessionByToken } from './sessions.store.js';

interface SessionsParts {
  readonly dataSource: DataSource;
  readonly tokens: AccessTokens;
  secretFor(purpose: string): Buffer;
  nowMs(): number;
}

export const SESSION_CONTROLLERS: readonly Type[] = [SessionsController];

/** What stands behind sessions: who somebody is, and how that ends. */
export function sessionProviders(parts: SessionsParts): Provider[] {
  return [{ provide: SESSIONS_DOOR, useValue: sessionsDoor(parts) }];
}

function sessionsDoor({ dataSource, tokens, secretFor, nowMs }: SessionsParts): SessionsDoor {
  const { manager } = dataSource;
  const csrfKey = secretFor('csrf');
  return {
    authenticate: {
      nowMs,
      findSessionByToken: (tokenHash) => findSessionByToken(manager, tokenHash),
      findSessionById: (sessionId) => findSessionById(manager, sessionId),
      extendSession: (session, atMs) => extendSession(manager, session, atMs),
      judgeAccessToken: (token, atMs) => tokens.judge(token, [tokens.issuer], atMs),
    },
    membershipsOf: (session) => membershipsOf(manager, session.account.id, session.proofs),
    isOperator: (accountId) => isOperator(manager, accountId),
    csrfToken: (sessionId) => csrfToken(csrfKey, sessionId),
    issueAccessToken: tokens.issueFor,
    endSession: (sessionId, origin) =>
      inTransaction(dataSource, (inside) => endSession(inside, sessionId, 'signed_out', origin, nowMs())),
    listOwnSessions: (person) => listOwnSessions(manager, person, nowMs()),
    endOwnSessions: (person, sessions) => endOwnSessions(dataSource, person, sessions, nowMs()),
  };
}
