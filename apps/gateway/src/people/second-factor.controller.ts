import {
  answerChallenge,
  confirmTotp,
  disableTotp,
  enrolTotp,
  getSecondFactors,
  renewBackupCodes,
} from '@gatehouse/contracts/second-factor';
import { Body, Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { emptyBody } from '../management/requests.js';
import type { AskService } from '../management/services.client.js';
import { type ManagementSettings, SERVICES, SETTINGS } from '../management/settings.js';
import { personOf } from './person-of.js';
import { qrSvg } from './qr-code.js';
import { factorRefusal, signInRefusal } from './second-factor-refusal.js';
import { welcome } from './welcome.js';

const code = z.string().min(1, 'is required').max(200);
const codeBody = z.strictObject({ code });
const challengeBody = z.strictObject({ challenge: z.string().min(1, 'is required').max(200), code });

/** The second step of a sign-in, and what somebody sets up for it. */
@Controller()
export class SecondFactorController {
  constructor(
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(SETTINGS) private readonly settings: ManagementSettings,
  ) {}

  @Post('/auth/login/second-factor')
  @Allow('public')
  @HttpCode(200)
  async answer(
    @Body() body: unknown,
    @TheOrigin() origin: Origin,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const answer = await this.ask(answerChallenge, { ...parseRequest(challengeBody, body), origin });
    switch (answer.kind) {
      case 'signed_in':
      case 'second_factor_required':
      case 'account_disabled': {
        const welcomed = await welcome(answer, origin, request, reply, { ask: this.ask, settings: this.settings });
        const codes = answer.kind === 'signed_in' ? answer.newBackupCodes : null;
        return codes === null ? welcomed : { ...welcomed, backup_codes: codes };
      }
      default:
        throw signInRefusal(answer);
    }
  }

  @Get('/auth/2fa')
  @Allow('signed_in')
  async get(@TheSession() session: Session, @TheOrigin() origin: Origin) {
    const answer = await this.ask(getSecondFactors, { person: personOf(session, origin) });
    if (answer.kind !== 'found') throw factorRefusal(answer);
    const { totpSince, passkeys, backupCodesLeft } = answer;
    return {
      enabled: totpSince !== null || passkeys > 0,
      totp: { enabled: totpSince !== null, since: totpSince },
      passkeys,
      backup_codes_left: backupCodesLeft,
    };
  }

  @Post('/auth/2fa/totp/enroll')
  @Allow('signed_in')
  @HttpCode(200)
  async enrol(@Body() body: unknown, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    parseRequest(emptyBody, body);
    const answer = await this.ask(enrolTotp, { person: personOf(session, origin) });
    if (answer.kind !== 'enrolling') throw factorRefusal(answer);
    const { secret, otpauthUri } = answer;
    return { secret, otpauth_uri: otpauthUri, qr_svg: await qrSvg(otpauthUri) };
  }

  @Post('/auth/2fa/totp/confirm')
  @Allow('signed_in')
  @HttpCode(200)
  async confirm(@Body() body: unknown, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    const person = personOf(session, origin);
    const answer = await this.ask(confirmTotp, { person, ...parseRequest(codeBody, body) });
    if (answer.kind !== 'confirmed') throw factorRefusal(answer);
    return { backup_codes: answer.backupCodes };
  }

  @Post('/auth/2fa/disable')
  @Allow('signed_in')
  @HttpCode(200)
  async disable(@Body() body: unknown, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    const person = personOf(session, origin);
    const answer = await this.ask(disableTotp, { person, ...parseRequest(codeBody, body) });
    if (answer.kind !== 'disabled') throw factorRefusal(answer);
    return { status: 'disabled' };
  }

  @Post('/auth/2fa/backup-codes')
  @Allow('signed_in')
  @HttpCode(200)
  async renew(@Body() body: unknown, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    const person = personOf(session, origin);
    const answer = await this.ask(renewBackupCodes, { person, ...parseRequest(codeBody, body) });
    if (answer.kind !== 'renewed') throw factorRefusal(answer);
    return { backup_codes: answer.backupCodes };
  }
}
