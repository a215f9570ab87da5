import { serve } from '@gatehouse/bus/serve.server';
import {
  askForMail as askForMailContract,
  signUp as signUpContract,
  verifyEmail as verifyEmailContract,
} from '@gatehouse/contracts/accounts';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type AskPorts, askForMail } from '../asked-mails/ask-for-mail.js';
import { type SignUpPorts, signUp } from './sign-up.js';
import { type VerifyPorts, verifyEmail } from './verify-email.js';

export const SIGN_UP_DOOR = Symbol('sign-up door');

export interface SignUpDoor {
  readonly signUp: SignUpPorts;
  readonly askForMail: AskPorts;
  readonly verify: VerifyPorts;
}

/** What anybody may ask for without an account. */
@Controller()
export class SignUpController {
  constructor(@Inject(SIGN_UP_DOOR) private readonly door: SignUpDoor) {}

  @MessagePattern(signUpContract.subject)
  signUp(@Payload() payload: unknown): Promise<unknown> {
    return serve(signUpContract, payload, (input) => signUp(input, this.door.signUp));
  }

  @MessagePattern(verifyEmailContract.subject)
  verify(@Payload() payload: unknown): Promise<unknown> {
    return serve(verifyEmailContract, payload, ({ token, password, origin }) =>
      verifyEmail({ token, password, origin }, this.door.verify),
    );
  }

  @MessagePattern(askForMailContract.subject)
  ask(@Payload() payload: unknown): Promise<unknown> {
    return serve(askForMailContract, payload, ({ mail, ...request }) =>
      askForMail(mail, request, this.door.askForMail),
    );
  }
}
