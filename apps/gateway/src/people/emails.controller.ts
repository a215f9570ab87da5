import { askEmailChange, confirmEmailChange, undoEmailChange } from '@gatehouse/contracts/accounts';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';
import { accountRefusal } from './account-refusal.js';
import { emailBody, tokenBody } from './account-requests.js';
import { personOf } from './person-of.js';

/** The address of an account: a new one counts when its link is followed, and the owner of the old one can undo it. */
@Controller()
export class EmailsController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Post('/auth/email/change')
  @Allow('signed_in')
  @HttpCode(202)
  async change(@Body() body: unknown, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    const { email } = parseRequest(emailBody, body);
    const person = personOf(session, origin);
    const answer = await this.ask(askEmailChange, { person, email });
    if (answer.kind !== 'verification_sent') throw accountRefusal(answer, 'password');
    return { status: answer.kind };
  }

  @Post('/auth/email/change/confirm')
  @Allow('public')
  @HttpCode(200)
  async confirm(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(confirmEmailChange, { ...parseRequest(tokenBody, body), origin });
    if (answer.kind !== 'email_changed') throw accountRefusal(answer, 'password');
    return { status: answer.kind };
  }

  @Post('/auth/email/change/undo')
  @Allow('public')
  @HttpCode(200)
  async undo(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(undoEmailChange, { ...parseRequest(tokenBody, body), origin });
    if (answer.kind !== 'email_restored') throw accountRefusal(answer, 'password');
    return { status: answer.kind };
  }
}
