import { askForMail, changePassword, resetPassword } from '@gatehouse/contracts/accounts';
import { Body, Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import type { AskService } from '../management/services.client.js';
import { type ManagementSettings, SERVICES, SETTINGS } from '../management/settings.js';
import { accountRefusal } from './account-refusal.js';
import { changePasswordBody, emailBody, resetPasswordBody } from './account-requests.js';
import { readDeviceToken } from './device-cookie.js';
import { personOf } from './person-of.js';
import { isProceeded, welcome } from './welcome.js';

/** Two passwords may wait for their turn. */
const PASSWORD_DEADLINE_MS = 20_000;

/** Passwords that are changed, forgotten and set anew. */
@Controller()
export class PasswordsController {
  constructor(
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(SETTINGS) private readonly settings: ManagementSettings,
  ) {}

  /** Every session of the account ends; this browser goes on in a new one [T24]. */
  @Post('/auth/password/change')
  @Allow('signed_in')
  @HttpCode(200)
  async change(
    @Body() body: unknown,
    @TheSession() session: Session,
    @TheOrigin() origin: Origin,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { current_password: currentPassword, new_password: newPassword } = parseRequest(changePasswordBody, body);
    const person = personOf(session, origin);
    const deviceToken = readDeviceToken(request.headers.cookie, this.settings.secureCookies);
    const change = { person, currentPassword, newPassword, deviceToken };
    const answer = await this.ask(changePassword, change, PASSWORD_DEADLINE_MS);
    if (!isProceeded(answer)) throw accountRefusal(answer, 'new_password');
    return welcome(answer, origin, request, reply, { ask: this.ask, settings: this.settings });
  }

  @Post('/auth/password/forgot')
  @Allow('public')
  @HttpCode(202)
  async forgot(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const { email } = parseRequest(emailBody, body);
    const answer = await this.ask(askForMail, { mail: 'password_reset', email, origin });
    if (answer.kind !== 'asked') throw accountRefusal(answer, 'password');
    return { status: 'reset_sent' };
  }

  @Post('/auth/password/reset')
  @Allow('public')
  @HttpCode(200)
  async reset(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const { token, new_password: newPassword } = parseRequest(resetPasswordBody, body);
    const answer = await this.ask(resetPassword, { token, newPassword, origin }, PASSWORD_DEADLINE_MS);
    if (answer.kind !== 'password_reset') throw accountRefusal(answer, 'new_password');
    return { status: answer.kind };
  }
}
