import { serve } from '@gatehouse/bus/serve.server';
import { authenticateSession, signOut } from '@gatehouse/contracts/identity';
import { endOwnSessions, listOwnSessions } from '@gatehouse/contracts/own-sessions';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Entries } from '../organizations/organizations.store.js';
import type { Origin } from '../origin.js';
import type { IssuedAccessToken } from '../tokens/access-token.js';
import { type AuthenticatePorts, authenticate } from './authenticate.js';
import type { Person } from './own-session.store.js';
import type { InOwnSession } from './own-sessions.store.js';
import type { Session } from './session.js';

export const SESSIONS_DOOR = Symbol('sessions door');

export interface SessionsDoor {
  readonly authenticate: AuthenticatePorts;
  membershipsOf(session: Session): Promise<Entries>;
  isOperator(accountId: string): Promise<boolean>;
  csrfToken(sessionId: string): string;
  issueAccessToken(session: Session): Promise<IssuedAccessToken>;
  endSession(sessionId: string, origin: Origin): Promise<boolean>;
  listOwnSessions(person: Person): Promise<InOwnSession<readonly Session[]>>;
  endOwnSessions(
    person: Person,
    sessions: 'others' | { readonly id: string },
  ): Promise<InOwnSession<number | 'not_found'>>;
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
      const accountId = session.account.id;
      const [{ memberships, closed }, isOperator] = await Promise.all([
        this.door.membershipsOf(session),
        this.door.isOperator(accountId),
      ]);
      const issued = wantsToken ? await this.door.issueAccessToken(session) : undefined;
      return {
        kind: 'authenticated' as const,
        sessionId: session.id,
        account: session.account,
        memberships: [...memberships],
        closedOrganizations: [...closed],
        isOperator,
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

  @MessagePattern(listOwnSessions.subject)
  listOwn(@Payload() payload: unknown): Promise<unknown> {
    return serve(listOwnSessions, payload, async ({ person }) => {
      const found = await this.door.listOwnSessions(person);
      if (found === 'session_ended') return { kind: found };
      return { kind: 'listed' as const, sessions: found.map((session) => viewOf(session, person.sessionId)) };
    });
  }

  @MessagePattern(endOwnSessions.subject)
  endOwn(@Payload() payload: unknown): Promise<unknown> {
    return serve(endOwnSessions, payload, async ({ person, sessions }) => {
      const ended = await this.door.endOwnSessions(person, sessions);
      return typeof ended === 'number' ? { kind: 'ended' as const, sessions: ended } : { kind: ended };
    });
  }
}

function viewOf(session: Session, currentId: string) {
  return {
    id: session.id,
    startedAt: new Date(session.startedAtMs).toISOString(),
    lastSeenAt: new Date(session.lastSeenAtMs).toISOString(),
    expiresAt: new Date(session.expiresAtMs).toISOString(),
    absoluteExpiresAt: new Date(session.absoluteExpiresAtMs).toISOString(),
    address: session.origin.address,
    userAgent: session.origin.userAgent,
    proofs: [...session.proofs],
    isCurrent: session.id === currentId,
  };
}
