import { serve } from '@gatehouse/bus/serve.server';
import {
  changePassword as changeContract,
  rememberDevice as rememberContract,
  resetPassword as resetContract,
} from '@gatehouse/contracts/accounts';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { DEVICE_DAYS } from '../devices/known-devices.store.js';
import { isProceeded, type Proceeded } from '../sign-in/proceeded.js';
import { type IssueAccessToken, proceededAnswer } from '../sign-in/signed-in.js';
import { type ChangePorts, changePassword } from './change.js';
import { type ResetPorts, resetPassword } from './reset.js';

export const PASSWORDS_DOOR = Symbol('passwords door');

export interface PasswordsDoor {
  readonly reset: ResetPorts;
  readonly change: ChangePorts<Proceeded>;
  readonly issueAccessToken: IssueAccessToken;
  rememberDevice(sessionToken: string, deviceToken: string | undefined): Promise<string | undefined>;
}

/** Passwords that are set anew, and the devices that are known by them. */
@Controller()
export class PasswordsController {
  constructor(@Inject(PASSWORDS_DOOR) private readonly door: PasswordsDoor) {}

  @MessagePattern(resetContract.subject)
  reset(@Payload() payload: unknown): Promise<unknown> {
    return serve(resetContract, payload, (input) => resetPassword(input, this.door.reset));
  }

  @MessagePattern(changeContract.subject)
  change(@Payload() payload: unknown): Promise<unknown> {
    return serve(changeContract, payload, async ({ deviceToken, ...request }) => {
      const outcome = await changePassword({ ...request, deviceToken }, this.door.change);
      return isProceeded(outcome) ? proceededAnswer(outcome, this.door.issueAccessToken) : outcome;
    });
  }

  @MessagePattern(rememberContract.subject)
  remember(@Payload() payload: unknown): Promise<unknown> {
    return serve(rememberContract, payload, async ({ sessionToken, deviceToken }) => ({
      kind: 'remembered' as const,
      deviceToken: (await this.door.rememberDevice(sessionToken, deviceToken)) ?? null,
      keptSeconds: DEVICE_DAYS * 86_400,
    }));
  }
}
