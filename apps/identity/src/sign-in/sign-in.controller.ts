import { serve } from '@gatehouse/bus/serve.server';
import { claimInstallation as claimContract, signIn as signInContract } from '@gatehouse/contracts/identity';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type ClaimPorts, claim } from '../first-administrator/claim.js';
import type { IdentityMetrics } from '../identity-metrics.js';
import { isProceeded } from './proceeded.js';
import { type SignInPorts, signIn } from './sign-in.js';
import { type IssueAccessToken, proceededAnswer } from './signed-in.js';

export const SIGN_IN_DOOR = Symbol('sign-in door');

export interface SignInDoor {
  readonly signIn: SignInPorts;
  readonly claim: ClaimPorts;
  readonly issueAccessToken: IssueAccessToken;
  readonly metrics: IdentityMetrics;
}

/** The two ways in: with a password, and, once in the life of an installation, with the claim token. */
@Controller()
export class SignInController {
  constructor(@Inject(SIGN_IN_DOOR) private readonly door: SignInDoor) {}

  @MessagePattern(signInContract.subject)
  signIn(@Payload() payload: unknown): Promise<unknown> {
    return serve(signInContract, payload, async (input) => {
      const outcome = await signIn(input, this.door.signIn);
      this.door.metrics.countSignIn(outcome.kind);
      return isProceeded(outcome) ? proceededAnswer(outcome, this.door.issueAccessToken) : outcome;
    });
  }

  @MessagePattern(claimContract.subject)
  claim(@Payload() payload: unknown): Promise<unknown> {
    return serve(claimContract, payload, async (input) => {
      const outcome = await claim(input, this.door.claim);
      return isProceeded(outcome) ? proceededAnswer(outcome, this.door.issueAccessToken) : outcome;
    });
  }
}
