import type { Provider, Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { openMembershipsOf } from '../organizations/organizations.store.js';
import { standingOf } from '../organizations/standing.store.js';
import { SIGNING_KEYS_KEY } from '../secret-purposes.js';
import { extendSession, findSessionById } from '../sessions/sessions.store.js';
import { audienceOfApi } from './access-token.js';
import type { AccessTokens } from './access-tokens.js';
import type { LiveKeyRing } from './live-key-ring.js';
import { rotateSigningKeysAs } from './rotate-as-operator.store.js';
import { SIGNING_KEYS_DOOR, SigningKeysController, type SigningKeysDoor } from './signing-keys.controller.js';
import { TOKENS_DOOR, TokensController, type TokensDoor } from './tokens.controller.js';

interface TokensParts {
  readonly dataSource: DataSource;
  readonly keys: LiveKeyRing;
  readonly tokens: AccessTokens;
  secretFor(purpose: string): Buffer;
  nowMs(): number;
}

export const TOKEN_CONTROLLERS: readonly Type[] = [TokensController, SigningKeysController];

/** What stands behind access tokens, and the keys that they are signed with. */
export function tokenProviders(parts: TokensParts): Provider[] {
  return [
    { provide: TOKENS_DOOR, useValue: tokensDoor(parts) },
    { provide: SIGNING_KEYS_DOOR, useValue: signingKeysDoor(parts) },
  ];
}

function tokensDoor({ dataSource: { manager }, keys, tokens, nowMs }: TokensParts): TokensDoor {
  const { issuer } = tokens;
  return {
    keys,
    judge: {
      nowMs,
      platformAudience: issuer,
      findSessionById: (sessionId) => findSessionById(manager, sessionId),
      extendSession: (session, atMs) => extendSession(manager, session, atMs),
      judgeAccessToken: ({ accessToken, api, accepts }, atMs) => {
        const audiences = accepts.map((whose) => (whose === 'own' ? audienceOfApi(issuer, api) : issuer));
        return tokens.judge(accessToken, audiences, atMs);
      },
      membershipsOf: (session) => openMembershipsOf(manager, session),
      standingOf: (organizationId) => standingOf(manager, organizationId),
    },
  };
}

function signingKeysDoor({ dataSource, keys, secretFor, nowMs }: TokensParts): SigningKeysDoor {
  const encryptionKey = secretFor(SIGNING_KEYS_KEY);
  return { keys, rotate: (change) => rotateSigningKeysAs(dataSource, change, encryptionKey, nowMs()) };
}
