import { createHash, timingSafeEqual } from 'node:crypto';
import {
  FEDERATION_CONTEXT_HEADER,
  type FederationContext,
  federationContextSchema,
} from '@gatehouse/contracts/federation';
import { type CanActivate, type ExecutionContext, ForbiddenException, Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { FEDERATION_DOOR, type FederationDoor } from './federation-door.js';
import { remember } from './journey.js';

/** Lets the gateway in, and nobody else: whoever is here says from where a browser comes, and for whom it asks. */
@Injectable()
export class GatewayGuard implements CanActivate {
  constructor(@Inject(FEDERATION_DOOR) private readonly door: FederationDoor) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const shown = /^Bearer (.{1,200})$/.exec(request.headers.authorization ?? '')?.[1];
    if (shown === undefined || !isSame(shown, this.door.gatewaySecret)) throw new ForbiddenException();
    const told = readContext(request.headers[FEDERATION_CONTEXT_HEADER]);
    if (told === undefined) throw new ForbiddenException();
    remember(request, { context: told });
    return true;
  }
}

function isSame(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(secret));
}

function readContext(header: unknown): FederationContext | undefined {
  if (typeof header !== 'string') return undefined;
  try {
    const parsed = federationContextSchema.safeParse(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
