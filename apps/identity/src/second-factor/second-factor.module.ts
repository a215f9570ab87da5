import type { Provider, Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { IdentityMetrics } from '../identity-metrics.js';
import type { Mailing } from '../mail/mailing.store.js';
import { countChallengeAttempt } from '../sign-in/challenges.store.js';
import type { AccessTokens } from '../tokens/access-tokens.js';
import { countAccountAttempt } from './account-attempts.store.js';
import type { AnswerChallengePorts } from './answer-challenge.js';
import { recordCode } from './answer-challenge.store.js';
import { beginEnrolment, endEnrolment } from './enrolment.store.js';
import type { FactorSecrets } from './factor-secrets.js';
import { findOwnFactors } from './factors.store.js';
import { removeAuthenticator, renewCodes } from './own-codes.store.js';
import { SECOND_FACTOR_DOOR, SecondFactorController, type SecondFactorDoor } from './second-factor.controller.js';

export interface SecondFactorParts {
  readonly dataSource: DataSource;
  readonly mailing: Mailing;
  secretFor(purpose: string): Buffer;
  nowMs(): number;
}

interface SecondFactorDoorParts extends SecondFactorParts {
  readonly tokens: AccessTokens;
  readonly metrics: IdentityMetrics;
}

export const SECOND_FACTOR_CONTROLLERS: readonly Type[] = [SecondFactorController];

/** What stands behind the second step of a sign-in, and behind what somebody sets up for it. */
export function secondFactorProviders(parts: SecondFactorDoorParts): Provider[] {
  return [{ provide: SECOND_FACTOR_DOOR, useValue: secondFactorDoor(parts) }];
}

/** The ports of every door that takes a code for a session. */
export function answerPorts(parts: SecondFactorParts): AnswerChallengePorts {
  const { dataSource, mailing, nowMs } = parts;
  const secrets = factorSecrets(parts);
  return {
    nowMs,
    countChallengeAttempt: (tokenHash, atMs) => countChallengeAttempt(dataSource.manager, tokenHash, atMs),
    countAccountAttempt: (accountId, origin, atMs) => countAccountAttempt(dataSource, accountId, origin, atMs),
    recordCode: (given) => recordCode(dataSource, mailing, given, secrets),
  };
}

function secondFactorDoor(parts: SecondFactorDoorParts): SecondFactorDoor {
  const { dataSource, mailing, tokens, metrics } = parts;
  const secrets = factorSecrets(parts);
  return {
    answer: answerPorts(parts),
    issueAccessToken: tokens.issueFor,
    metrics,
    issuer: `Gatehouse (${new URL(tokens.issuer).hostname})`,
    findOwnFactors: (person, atMs) => findOwnFactors(dataSource, person, atMs),
    beginEnrolment: (person, atMs) => beginEnrolment(dataSource, person, secrets, atMs),
    endEnrolment: (given) => endEnrolment(dataSource, mailing, given, secrets),
    removeAuthenticator: (given) => removeAuthenticator(dataSource, mailing, given, secrets),
    renewCodes: (given) => renewCodes(dataSource, mailing, given, secrets),
  };
}

function factorSecrets({ secretFor }: SecondFactorParts): FactorSecrets {
  return { totpKey: secretFor('totp-encryption'), backupCodeKey: secretFor('backup-codes') };
}
