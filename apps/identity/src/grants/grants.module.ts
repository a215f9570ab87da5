import type { Provider, Type } from '@nestjs/common';
import { inTransaction } from '../database/rows.store.js';
import type { IdentityMetrics } from '../identity-metrics.js';
import { openMembershipsOf } from '../organizations/organizations.store.js';
import type { PasswordParts } from '../password/password-ports.store.js';
import { answerChallenge } from '../second-factor/answer-challenge.js';
import { answerPorts, type SecondFactorParts } from '../second-factor/second-factor.module.js';
import { endSession, findSessionById } from '../sessions/sessions.store.js';
import { signIn } from '../sign-in/sign-in.js';
import { signInPorts } from '../sign-in/sign-in.module.js';
import { audienceOfApi } from '../tokens/access-token.js';
import type { AccessTokens } from '../tokens/access-tokens.js';
import { GRANTS_DOOR, GrantsController, type GrantsDoor } from './grants.controller.js';
import { findGrantOf, openGrant, refreshGrant } from './grants.store.js';
import { TOKEN_CARE_DOOR, TokenCareController, type TokenCareDoor } from './token-care.controller.js';
import { tokenReusedMail } from './token-reused-mail.js';

interface GrantsParts extends PasswordParts, SecondFactorParts {
  readonly tokens: AccessTokens;
  readonly metrics: IdentityMetrics;
}

export const GRANT_CONTROLLERS: readonly Type[] = [GrantsController, TokenCareController];

/** What stands behind the tokens of programs: how they get them, renew them and give them back. */
export function grantProviders(parts: GrantsParts): Provider[] {
  return [
    { provide: GRANTS_DOOR, useValue: grantsDoor(parts) },
    { provide: TOKEN_CARE_DOOR, useValue: tokenCareDoor(parts) },
  ];
}

function grantsDoor(parts: GrantsParts): GrantsDoor {
  const { dataSource, nowMs, mailing, tokens, metrics } = parts;
  const ports = signInPorts(parts);
  const answer = answerPorts(parts);
  return {
    signIn: (request) => signIn(request, ports),
    answerChallenge: (step) => answerChallenge(step, answer),
    openGrant: (session, client) => openGrant(dataSource, session, { ...client, nowMs: nowMs() }),
    refreshGrant: (refreshToken, client) => {
      const request = { ...client, nowMs: nowMs() };
      return refreshGrant(dataSource, refreshToken, request, (manager, { account }) =>
        mailing.queue(manager, tokenReusedMail(account, request), request.nowMs),
      );
    },
    issueAccessToken: ({ session, api, clientId, organizationId }) => {
      const { id: sessionId, account, absoluteExpiresAtMs: endsAtMs } = session;
      const audience = audienceOfApi(tokens.issuer, api);
      return tokens.issue({ accountId: account.id, sessionId, organizationId, clientId, audience, endsAtMs });
    },
    metrics,
  };
}

/** At this time no token has expired. */
const BEFORE_ANY_TOKEN_MS = 0;

function tokenCareDoor({ dataSource, nowMs, tokens }: GrantsParts): TokenCareDoor {
  const { manager } = dataSource;
  const { issuer } = tokens;
  return {
    issuer,
    nowMs,
    audienceOfApi: (api) => audienceOfApi(issuer, api),
    readAccessToken: (token) => tokens.judge(token, 'any', BEFORE_ANY_TOKEN_MS),
    findSessionById: (sessionId) => findSessionById(manager, sessionId),
    findGrantOf: (refreshToken) => findGrantOf(manager, refreshToken),
    membershipsOf: (session) => openMembershipsOf(manager, session),
    endSession: (sessionId, origin) =>
      inTransaction(dataSource, (inside) => endSession(inside, sessionId, 'token_revoked', origin, nowMs())),
  };
}
