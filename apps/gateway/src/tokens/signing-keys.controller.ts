import { rotateSigningKeys } from '@gatehouse/contracts/access-tokens';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';

const rotateBody = z.strictObject({ drop: z.boolean().default(false) });

/** New RSA keys are made while the caller waits. */
const DEADLINE_MS = 20_000;

/** The keys that access tokens are signed with. */
@Controller()
export class SigningKeysController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  /** With `drop`, every token of until now is refused within a minute; without it, none is. */
  @Post('/api/v1/signing-keys/rotate')
  @Allow('operator')
  @HttpCode(200)
  async rotate(@Body() body: unknown, @TheSession() { account }: Session, @TheOrigin() origin: Origin) {
    const { drop } = parseRequest(rotateBody, body);
    const answer = await this.ask(rotateSigningKeys, { accountId: account.id, drop, origin }, DEADLINE_MS);
    if (answer.kind === 'not_permitted') throw new Refusal('permission_denied');
    return { current: answer.currentKid, published: answer.publishedKids };
  }
}
