import { serve } from '@gatehouse/bus/serve.server';
import {
  askEmailChange as askContract,
  changeAccount as changeContract,
  confirmEmailChange as confirmContract,
  lookUpAccount as lookUpContract,
  undoEmailChange as undoContract,
} from '@gatehouse/contracts/accounts';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Origin } from '../origin.js';
import type { Person } from '../sessions/own-session.store.js';
import { type EmailAddress, isEmailAddress, normaliseEmail } from './email.js';
import type { LookUpOutcome } from './look-up.store.js';
import type { AccountChange, AccountChangeOutcome } from './standing.store.js';

export const ACCOUNTS_DOOR = Symbol('accounts door');

export interface AccountsDoor {
  askEmailChange(
    person: Person,
    email: EmailAddress,
  ): Promise<'verification_sent' | 'session_ended' | 'reauth_required'>;
  confirmEmailChange(token: string, origin: Origin): Promise<'email_changed' | 'link_invalid'>;
  undoEmailChange(token: string, origin: Origin): Promise<'email_restored' | 'link_invalid'>;
  changeAccount(person: Person, accountId: string, change: AccountChange): Promise<AccountChangeOutcome>;
  lookUpAccount(person: Person, email: EmailAddress): Promise<LookUpOutcome>;
}

/** The address of an account, and how the account stands. */
@Controller()
export class AccountsController {
  constructor(@Inject(ACCOUNTS_DOOR) private readonly door: AccountsDoor) {}

  @MessagePattern(askContract.subject)
  askEmailChange(@Payload() payload: unknown): Promise<unknown> {
    return serve(askContract, payload, async ({ person, email: typed }) => {
      const email = normaliseEmail(typed);
      if (!isEmailAddress(email)) return { kind: 'email_invalid' as const };
      return { kind: await this.door.askEmailChange(person, email) };
    });
  }

  @MessagePattern(confirmContract.subject)
  confirmEmailChange(@Payload() payload: unknown): Promise<unknown> {
    return serve(confirmContract, payload, async ({ token, origin }) => ({
      kind: await this.door.confirmEmailChange(token, origin),
    }));
  }

  @MessagePattern(undoContract.subject)
  undoEmailChange(@Payload() payload: unknown): Promise<unknown> {
    return serve(undoContract, payload, async ({ token, origin }) => ({
      kind: await this.door.undoEmailChange(token, origin),
    }));
  }

  @MessagePattern(changeContract.subject)
  change(@Payload() payload: unknown): Promise<unknown> {
    return serve(changeContract, payload, async ({ person, accountId, change }) => ({
      kind: await this.door.changeAccount(person, accountId, change),
    }));
  }

  @MessagePattern(lookUpContract.subject)
  lookUp(@Payload() payload: unknown): Promise<unknown> {
    return serve(lookUpContract, payload, async ({ person, email: typed }) => {
      const email = normaliseEmail(typed);
      return isEmailAddress(email) ? this.door.lookUpAccount(person, email) : { kind: 'email_invalid' as const };
    });
  }
}
