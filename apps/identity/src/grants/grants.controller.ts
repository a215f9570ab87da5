import { serve } from '@gatehouse/bus/serve.server';
import { refreshTokens, signInForTokens } from '@gatehouse/contracts/access-tokens';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { IdentityMetrics } from '../identity-metrics.js';
import type { Session } from '../sessions/session.js';
import type { IssuedAccessToken } from '../tokens/access-token.js';
import type { Grant } from './grant.js';
import type { GrantRequest, OpenedGrant, Refreshed } from './grants.store.js';
import { type SignInForApiPorts, signInForApi } from './sign-in-for-api.js';

export const GRANTS_DOOR = Symbol('grants door');

/** Who asks for tokens: all of a request but the moment. */
type GrantClient = Omit<GrantRequest, 'nowMs'>;

export interface GrantsDoor {
  readonly signIn: SignInForApiPorts['signIn'];
  readonly answerChallenge: SignInForApiPorts['answerChallenge'];
  openGrant(session: Session, client: GrantClient): Promise<OpenedGrant | undefined>;
  refreshGrant(refreshToken: string, client: Omit<GrantClient, 'api'>): Promise<Refreshed>;
  issueAccessToken(grant: Grant): Promise<IssuedAccessToken>;
  readonly metrics: IdentityMetrics;
}

/** Tokens for programs that a person signs in with. */
@Controller()
export class GrantsController {
  constructor(@Inject(GRANTS_DOOR) private readonly door: GrantsDoor) {}

  @MessagePattern(signInForTokens.subject)
  signIn(@Payload() payload: unknown): Promise<unknown> {
    return serve(signInForTokens, payload, async ({ email, password, secondFactor, ...client }) => {
      const { signIn, answerChallenge } = this.door;
      const openGrant = (session: Session) => this.door.openGrant(session, client);
      const request = { email, password, secondFactor, origin: client.origin };
      const outcome = await signInForApi(request, { signIn, answerChallenge, openGrant });
      this.door.metrics.countSignIn(outcome.kind === 'opened' ? 'signed_in' : outcome.kind);
      if (outcome.kind === 'second_factor_required') return { ...outcome, methods: [...outcome.methods] };
      return outcome.kind === 'opened' ? this.issue(outcome.opened, outcome.newBackupCodes) : outcome;
    });
  }

  @MessagePattern(refreshTokens.subject)
  refresh(@Payload() payload: unknown): Promise<unknown> {
    return serve(refreshTokens, payload, async ({ refreshToken, ...client }) => {
      const refreshed = await this.door.refreshGrant(refreshToken, client);
      return refreshed.kind === 'refreshed' ? this.issue(refreshed.opened, null) : { kind: 'refused' as const };
    });
  }

  private async issue({ grant, refreshToken }: OpenedGrant, newBackupCodes: readonly string[] | null) {
    const { accessToken, ttlSeconds } = await this.door.issueAccessToken(grant);
    const pair = { accessToken, accessTokenTtlSeconds: ttlSeconds, refreshToken };
    return { kind: 'issued' as const, ...pair, newBackupCodes: newBackupCodes === null ? null : [...newBackupCodes] };
  }
}
