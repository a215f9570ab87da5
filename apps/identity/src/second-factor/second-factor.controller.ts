import { serve } from '@gatehouse/bus/serve.server';
import {
  answerChallenge as answerContract,
  confirmTotp,
  disableTotp,
  enrolTotp,
  getSecondFactors,
  renewBackupCodes,
} from '@gatehouse/contracts/second-factor';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { IdentityMetrics } from '../identity-metrics.js';
import type { Origin } from '../origin.js';
import type { Person } from '../sessions/own-session.store.js';
import { type IssueAccessToken, proceededAnswer } from '../sign-in/signed-in.js';
import { type AnswerChallengePorts, answerChallenge } from './answer-challenge.js';
import type { beginEnrolment, CodeForEnrolment, endEnrolment } from './enrolment.store.js';
import type { findOwnFactors } from './factors.store.js';
import type { CodeForChange, removeAuthenticator, renewCodes } from './own-codes.store.js';
import { secretText, totpUri } from './totp.js';
import { readTypedCode } from './typed-code.js';

export const SECOND_FACTOR_DOOR = Symbol('second factor door');

export interface SecondFactorDoor {
  readonly answer: AnswerChallengePorts;
  readonly issueAccessToken: IssueAccessToken;
  readonly metrics: IdentityMetrics;
  /** What authenticators show above the codes. */
  readonly issuer: string;
  findOwnFactors(person: Person, nowMs: number): ReturnType<typeof findOwnFactors>;
  beginEnrolment(person: Person, nowMs: number): ReturnType<typeof beginEnrolment>;
  endEnrolment(given: CodeForEnrolment): ReturnType<typeof endEnrolment>;
  removeAuthenticator(given: CodeForChange): ReturnType<typeof removeAuthenticator>;
  renewCodes(given: CodeForChange): ReturnType<typeof renewCodes>;
}

/** The second step of a sign-in, and what somebody sets up for it. */
@Controller()
export class SecondFactorController {
  constructor(@Inject(SECOND_FACTOR_DOOR) private readonly door: SecondFactorDoor) {}

  @MessagePattern(answerContract.subject)
  answer(@Payload() payload: unknown): Promise<unknown> {
    return serve(answerContract, payload, async (input) => {
      const outcome = await answerChallenge(input, this.door.answer);
      if (outcome.kind !== 'proceeded') {
        this.door.metrics.countSignIn(outcome.kind);
        return outcome;
      }
      this.door.metrics.countSignIn(outcome.proceeded.kind);
      const answer = await proceededAnswer(outcome.proceeded, this.door.issueAccessToken);
      if (answer.kind !== 'signed_in') return answer;
      const { newBackupCodes } = outcome;
      return { ...answer, newBackupCodes: newBackupCodes === null ? null : [...newBackupCodes] };
    });
  }

  @MessagePattern(getSecondFactors.subject)
  get(@Payload() payload: unknown): Promise<unknown> {
    return serve(getSecondFactors, payload, async ({ person }) => {
      const found = await this.door.findOwnFactors(person, this.door.answer.nowMs());
      if (found.kind !== 'found') return found;
      const { totpSinceMs, ...factors } = found;
      return { ...factors, totpSince: totpSinceMs === null ? null : new Date(totpSinceMs).toISOString() };
    });
  }

  @MessagePattern(enrolTotp.subject)
  enrol(@Payload() payload: unknown): Promise<unknown> {
    return serve(enrolTotp, payload, async ({ person }) => {
      const begun = await this.door.beginEnrolment(person, this.door.answer.nowMs());
      if (begun.kind !== 'enrolling') return begun;
      const { kind, secret, email } = begun;
      return { kind, secret: secretText(secret), otpauthUri: totpUri(secret, this.door.issuer, email) };
    });
  }

  @MessagePattern(confirmTotp.subject)
  confirm(@Payload() payload: unknown): Promise<unknown> {
    return serve(confirmTotp, payload, (input) => this.counted(input, (given) => this.door.endEnrolment(given)));
  }

  @MessagePattern(disableTotp.subject)
  disable(@Payload() payload: unknown): Promise<unknown> {
    return serve(disableTotp, payload, (input) => this.counted(input, (given) => this.door.removeAuthenticator(given)));
  }

  @MessagePattern(renewBackupCodes.subject)
  renew(@Payload() payload: unknown): Promise<unknown> {
    return serve(renewBackupCodes, payload, (input) => this.counted(input, (given) => this.door.renewCodes(given)));
  }

  /** Guesses at these doors are taken from the same budget as those at sign-in [M-11]. */
  private async counted<Outcome>(
    input: { readonly person: Person & { readonly origin: Origin }; readonly code: string },
    change: (given: CodeForChange) => Promise<Outcome>,
  ) {
    const { person, code } = input;
    const nowMs = this.door.answer.nowMs();
    const counted = await this.door.answer.countAccountAttempt(person.accountId, person.origin, nowMs);
    if (counted.kind !== 'counted') return counted;
    return change({ person, typed: readTypedCode(code), nowMs });
  }
}
