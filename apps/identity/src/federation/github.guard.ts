import { type CanActivate, type ExecutionContext, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { refusedByProvider } from './callback.js';
import { FEDERATION_DOOR, type FederationDoor } from './federation-door.js';
import { DepartureRefused } from './github-state.js';
import { arrivalOf, journeyOf, remember } from './journey.js';
import { askPassport, type PassportEnd } from './passport.guard.js';
import { PROVIDER_UNAVAILABLE, type ProviderAnswer } from './provider.js';
import { withinConversation } from './within-conversation.js';

type AskPassport = (execution: ExecutionContext) => Promise<PassportEnd>;

function passportOf(door: FederationDoor): AskPassport {
  const { githubStrategy } = door;
  if (githubStrategy !== undefined) return askPassport(githubStrategy);
  return () => Promise.reject(new NotFoundException());
}

/** Sends the browser to GitHub; it comes to the handler only where it is not sent. */
@Injectable()
export class GithubBeginGuard implements CanActivate {
  private readonly ask: AskPassport;

  constructor(@Inject(FEDERATION_DOOR) door: FederationDoor) {
    this.ask = passportOf(door);
  }

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<object>();
    const end = await this.ask(execution);
    if (end.kind === 'failed' && end.error instanceof DepartureRefused) {
      remember(request, { ...journeyOf(request), notBegun: end.error.code });
      return true;
    }
    throw end.kind === 'failed' ? end.error : new Error('Passport did not send the browser to GitHub');
  }
}

/** Asks GitHub who has come back. */
@Injectable()
export class GithubFinishGuard implements CanActivate {
  private readonly ask: AskPassport;

  constructor(@Inject(FEDERATION_DOOR) private readonly door: FederationDoor) {
    this.ask = passportOf(door);
  }

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<object>();
    const answer = refusedByProvider(arrivalOf(request).callback) ?? (await this.finish(execution));
    remember(request, { ...journeyOf(request), answer });
    return true;
  }

  private async finish(execution: ExecutionContext): Promise<ProviderAnswer> {
    try {
      const end = await withinConversation(this.ask(execution));
      if (end.kind === 'vouched') return end;
      throw end.error;
    } catch (error) {
      this.door.failed('github', error);
      return PROVIDER_UNAVAILABLE;
    }
  }
}
