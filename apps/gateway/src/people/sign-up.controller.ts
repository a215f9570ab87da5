import { askForMail, signUp, verifyEmail } from '@gatehouse/contracts/accounts';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Allow } from '../management/allow.guard.js';
import { type Origin, TheOrigin } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';
import { accountRefusal } from './account-refusal.js';
import { emailBody, signUpBody, verifyBody } from './account-requests.js';

/** A password may wait for its turn to be hashed. */
const PASSWORD_DEADLINE_MS = 10_000;

/** From nobody to somebody with an account. No answer tells whether an address has one. */
@Controller()
export class SignUpController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Post('/auth/signup')
  @Allow('public')
  @HttpCode(202)
  async signUp(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(signUp, { ...parseRequest(signUpBody, body), origin }, PASSWORD_DEADLINE_MS);
    if (answer.kind !== 'verification_sent') throw accountRefusal(answer, 'password');
    return { status: answer.kind };
  }

  /** A password that comes with the token takes the place of the one that was signed up with, by whomever. */
  @Post('/auth/email/verify')
  @Allow('public')
  @HttpCode(200)
  async verify(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(verifyEmail, { ...parseRequest(verifyBody, body), origin }, PASSWORD_DEADLINE_MS);
    if (answer.kind !== 'verified') throw accountRefusal(answer, 'password');
    return { status: answer.kind };
  }

  @Post('/auth/email/resend')
  @Allow('public')
  @HttpCode(202)
  async resend(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const { email } = parseRequest(emailBody, body);
    const answer = await this.ask(askForMail, { mail: 'verification', email, origin });
    if (answer.kind !== 'asked') throw accountRefusal(answer, 'password');
    return { status: 'verification_sent' };
  }
}
