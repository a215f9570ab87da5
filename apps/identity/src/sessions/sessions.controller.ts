import { serve } from '@gatehouse/bus/serve.server';
import { authenticateSession, type Membership, signOut } from '@gatehouse/contracts/identity';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Origin } from '../origin.js';
import type { IssuedAccessToken } from '../tokens/access-token.js';
import { type AuthenticatePorts, authenticate } from './authenticate.js';
import type { Session } from './session.js';

export const SESSIONS_DOOR = Symbol('sessions door');

export interface SessionsDoor {
  readonly authenticate: AuthenticatePorts;
  membershipsOf(accountId: string): Promise<Membership[]>;
  csrfToken(sessionId: string): string;
  issueAccessToken(session: Session): Promise<IssuedAccessToken>;
  endSession(sessionId: string, origin: Origin): Promise<void>;
}

/** Who is behind a session, and its end. */
@Controller()
export class SessionsController {
  constructor(@Inject(SESSIONS_DOOR) private readonly door: SessionsDoor) {}

  @MessagePattern(authenticateSession.subject)
  authenticate(@Payload() payload: unknown): Promise<unknown> {
    return serve(authenticateSession, payload, async (input) => {
      const outcome = await authenticate(input, this.door.authenticate);
      if (outcome.kind === 'refused') return outcome;
      const { session } = outcome;
      const wantsToken = input.kind === 'session' && input.wantAccessToken;
      const issued = wantsToken ? await this.door.issueAccessToken(session) : undefined;
      return {
        kind: 'authenticated' as const,
        sessionId: session.id,
        account: session.account,
        memberships: await this.door.membershipsOf(session.account.id),
        csrfToken: this.door.csrfToken(session.id),
        accessToken: issued?.accessToken ?? null,
        accessTokenTtlSeconds: issued?.ttlSeconds ?? 0,
        expiresAt: new Date(session.expiresAtMs).toISOString(),
        absoluteExpiresAt: new Date(session.absoluteExpiresAtMs).toISOString(),
      };
    });
  }

  @MessagePattern(signOut.subject)
  signOut(@Payload() payload: unknown): Promise<unknown> {
    return serve(signOut, payload, async ({ sessionId, origin }) => {
      await this.door.endSession(sessionId, origin);
      return { kind: 'signed_out' as const };
    });
  }
}
