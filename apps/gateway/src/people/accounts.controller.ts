import { type AccountView, changeAccount, lookUpAccount } from '@gatehouse/contracts/accounts';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import { emptyBody } from '../management/requests.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';
import { accountRefusal } from './account-refusal.js';
import { disableBody, emailBody } from './account-requests.js';
import { personOf } from './person-of.js';

type Change = z.input<typeof changeAccount.input>['change'];

/** What the operator of the installation does with accounts of others. Nobody chooses somebody else's password [P-16]. */
@Controller()
export class AccountsController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  /** Whose an address is. Exactly this address: nobody lists all accounts. */
  @Get('/api/v1/accounts')
  @Allow('operator')
  async lookUp(@Query() query: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    const { email } = parseRequest(emailBody, query);
    const answer = await this.ask(lookUpAccount, { person: personOf(by, from), email });
    switch (answer.kind) {
      case 'found':
        return { data: answer.accounts.map(accountJson) };
      case 'not_permitted':
        throw new Refusal('permission_denied');
      default:
        throw accountRefusal(answer, 'password');
    }
  }

  /** Ends every session and mails the owner a link; the password opens nothing until that is followed [T24]. */
  @Post('/api/v1/accounts/:id/password-reset')
  @Allow('operator')
  @HttpCode(200)
  resetPassword(@Param('id') id: string, @Body() body: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    parseRequest(emptyBody, body);
    return this.change(id, by, from, { kind: 'reset_password' }, 'reset_sent');
  }

  @Post('/api/v1/accounts/:id/disable')
  @Allow('operator')
  @HttpCode(200)
  disable(@Param('id') id: string, @Body() body: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    return this.change(id, by, from, { kind: 'disable', ...parseRequest(disableBody, body) }, 'disabled');
  }

  @Post('/api/v1/accounts/:id/enable')
  @Allow('operator')
  @HttpCode(200)
  enable(@Param('id') id: string, @Body() body: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    parseRequest(emptyBody, body);
    return this.change(id, by, from, { kind: 'enable' }, 'enabled');
  }

  private async change(id: string, by: Session, origin: Origin, change: Change, status: string) {
    if (!/^\w{1,64}$/.test(id)) throw new Refusal('not_found');
    const person = personOf(by, origin);
    const { kind } = await this.ask(changeAccount, { person, accountId: id, change });
    switch (kind) {
      case 'changed':
        return { id, status };
      case 'not_permitted':
        throw new Refusal('permission_denied');
      case 'own_account':
        throw new Refusal('conflict', { detail: 'This is your own account.' });
      default:
        throw new Refusal(kind);
    }
  }
}

function accountJson({ id, email, name, createdAt, disabledAt, disabledReason }: AccountView) {
  return { id, email, name, created_at: createdAt, disabled_at: disabledAt, disabled_reason: disabledReason };
}
