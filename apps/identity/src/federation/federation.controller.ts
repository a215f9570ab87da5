import type { FederationOutcome } from '@gatehouse/contracts/federation';
import { Controller, Get, Inject, NotFoundException, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { isProceeded } from '../sign-in/proceeded.js';
import { proceededAnswer } from '../sign-in/signed-in.js';
import { refusedByProvider } from './callback.js';
import { FEDERATION_DOOR, type FederationDoor } from './federation-door.js';
import { GatewayGuard } from './gateway.guard.js';
import { GithubBeginGuard, GithubFinishGuard } from './github.guard.js';
import { arrivalOf, journeyOf } from './journey.js';
import { PROVIDER_UNAVAILABLE, type ProviderAnswer } from './provider.js';
import { returnFrom } from './return.guard.js';
import { newUnguessable } from './round-trip.js';
import { withinConversation } from './within-conversation.js';

/**
 * The HTTP port: for the gateway alone. Each provider has its way there and its way back; in between, everything is the
 * same for all of them.
 */
@Controller('auth')
@UseGuards(GatewayGuard)
export class FederationController {
  constructor(@Inject(FEDERATION_DOOR) private readonly door: FederationDoor) {}

  @Get('github')
  @UseGuards(GithubBeginGuard)
  beginGithub(@Req() request: Request) {
    return { kind: 'refused', code: journeyOf(request).notBegun };
  }

  @Get('github/callback')
  @UseGuards(returnFrom('github'), GithubFinishGuard)
  finishGithub(@Req() request: Request): Promise<FederationOutcome> {
    return this.settle(request, journeyOf(request).answer ?? PROVIDER_UNAVAILABLE);
  }

  @Get('sso')
  async beginSso(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const { sso } = this.door;
    if (sso === undefined) throw new NotFoundException();
    const { browser, linker, origin } = journeyOf(request).context;
    if (browser === null) throw new Error('the gateway has not bound the browser');
    const [state, nonce, verifier] = [newUnguessable(), newUnguessable(), newUnguessable()];
    const url = await withinConversation(sso.begin({ state, nonce, verifier })).catch((error: unknown) => {
      this.door.failed('sso', error);
    });
    if (url === undefined) return PROVIDER_UNAVAILABLE;
    const outcome = await this.door.begin({
      state,
      browser,
      origin,
      trip: { provider: 'sso', verifier, nonce, linker },
    });
    if (outcome !== 'begun') return { kind: 'refused', code: outcome };
    response.redirect(url.href);
    return undefined;
  }

  @Get('sso/callback')
  @UseGuards(returnFrom('sso'))
  async finishSso(@Req() request: Request): Promise<FederationOutcome> {
    return this.settle(request, refusedByProvider(arrivalOf(request).callback) ?? (await this.askSso(request)));
  }

  private async askSso(request: Request): Promise<ProviderAnswer> {
    const { callback, trip } = arrivalOf(request);
    const { sso } = this.door;
    if (sso === undefined) throw new NotFoundException();
    const { verifier, nonce } = trip;
    if (nonce === null) throw new Error('a round trip to the SSO provider has no nonce');
    try {
      const vouched = await withinConversation(sso.finish(callback, { state: callback.state, verifier, nonce }));
      return { kind: 'vouched', vouched };
    } catch (error) {
      this.door.failed('sso', error);
      return PROVIDER_UNAVAILABLE;
    }
  }

  private async settle(request: Request, answer: ProviderAnswer): Promise<FederationOutcome> {
    if (answer.kind === 'refused') {
      this.door.countSignIn(answer.code);
      return answer;
    }
    const { trip } = arrivalOf(request);
    const settled = await this.door.settle(trip, answer.vouched, journeyOf(request).context.origin);
    this.door.countSignIn(settled.kind);
    return isProceeded(settled) ? proceededAnswer(settled, this.door.issueAccessToken) : settled;
  }
}
