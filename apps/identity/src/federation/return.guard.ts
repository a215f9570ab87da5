import type { FederationOutcome } from '@gatehouse/contracts/federation';
import { type CanActivate, type ExecutionContext, HttpException, Inject, Injectable, type Type } from '@nestjs/common';
import type { Request } from 'express';
import { readCallback } from './callback.js';
import { FEDERATION_DOOR, type FederationDoor } from './federation-door.js';
import { journeyOf, remember } from './journey.js';
import type { ProviderName } from './provider.js';

const STATE_INVALID: FederationOutcome = { kind: 'refused', code: 'state_invalid' };

/** Ends a round trip before anything else is done with a callback: no code is redeemed for a state that is not good [H-061]. */
export function returnFrom(provider: ProviderName): Type<CanActivate> {
  @Injectable()
  class ReturnGuard implements CanActivate {
    constructor(@Inject(FEDERATION_DOOR) private readonly door: FederationDoor) {}

    async canActivate(execution: ExecutionContext): Promise<boolean> {
      const request = execution.switchToHttp().getRequest<Request>();
      const { context } = journeyOf(request);
      const callback = readCallback(request.query);
      const { browser } = context;
      if (callback === undefined || browser === null) throw new HttpException(STATE_INVALID, 403);
      const trip = await this.door.take({ state: callback.state, browser, provider });
      if (trip === undefined) throw new HttpException(STATE_INVALID, 403);
      remember(request, { context, arrived: { callback, trip } });
      return true;
    }
  }
  return ReturnGuard;
}
