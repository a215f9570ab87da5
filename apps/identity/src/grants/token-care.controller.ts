import { serve } from '@gatehouse/bus/serve.server';
import { introspectToken, revokeToken } from '@gatehouse/contracts/access-tokens';
import type { Membership } from '@gatehouse/contracts/identity';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Origin } from '../origin.js';
import type { Session } from '../sessions/session.js';
import { type FindTokenPorts, findToken } from './find-token.js';
import { isActiveFor } from './introspect.js';

export const TOKEN_CARE_DOOR = Symbol('token care door');

export interface TokenCareDoor extends FindTokenPorts {
  readonly issuer: string;
  nowMs(): number;
  membershipsOf(session: Session): Promise<readonly Membership[]>;
  /** Ends the session that a token belongs to, with all its tokens. */
  endSession(sessionId: string, origin: Origin): Promise<unknown>;
}

/** What becomes of tokens after they were given. */
@Controller()
export class TokenCareController {
  constructor(@Inject(TOKEN_CARE_DOOR) private readonly door: TokenCareDoor) {}

  @MessagePattern(revokeToken.subject)
  revoke(@Payload() payload: unknown): Promise<unknown> {
    return serve(revokeToken, payload, async ({ token, clientId, origin }) => {
      const found = await findToken(token, this.door);
      if (found === undefined) return { kind: 'revoked' as const };
      if (clientId !== null && clientId !== found.clientId) return { kind: 'other_client' as const };
      await this.door.endSession(found.session.id, origin);
      return { kind: 'revoked' as const };
    });
  }

  @MessagePattern(introspectToken.subject)
  introspect(@Payload() payload: unknown): Promise<unknown> {
    return serve(introspectToken, payload, async ({ token, organizationId }) => {
      const found = await findToken(token, this.door);
      if (found === undefined) return { kind: 'inactive' as const };
      const { session, organizationId: _, ...told } = found;
      const memberships = await this.door.membershipsOf(session);
      if (!isActiveFor(found, organizationId, memberships, this.door.nowMs())) return { kind: 'inactive' as const };
      const { issuer } = this.door;
      return { kind: 'active' as const, accountId: session.account.id, sessionId: session.id, issuer, ...told };
    });
  }
}
