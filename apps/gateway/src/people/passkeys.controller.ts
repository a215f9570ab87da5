import {
  addPasskey,
  assertionResponseSchema,
  beginPasskey,
  beginPasskeySignIn,
  listPasskeys,
  passkeySignIn,
  type passkeyViewSchema,
  registrationResponseSchema,
  removePasskey,
} from '@gatehouse/contracts/passkeys';
import { plainText } from '@gatehouse/contracts/plain-text';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import { emptyBody } from '../management/requests.js';
import type { AskService } from '../management/services.client.js';
import { type ManagementSettings, SERVICES, SETTINGS } from '../management/settings.js';
import { personOf } from './person-of.js';
import { welcome } from './welcome.js';

const challenge = z.string().min(1).max(200).optional();
const addBody = z.strictObject({
  name: plainText.trim().min(1, 'is required').max(60),
  response: registrationResponseSchema,
});
const beginSignInBody = z.strictObject({ challenge });
const signInBody = z.strictObject({ challenge, response: assertionResponseSchema });
const PASSKEY_ID = /^psk_[0-9A-Za-z]{22}$/;

/** Passkeys (Web Authentication): adding and removing them, and signing in with one, alone or after a password. */
@Controller()
export class PasskeysController {
  constructor(
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(SETTINGS) private readonly settings: ManagementSettings,
  ) {}

  @Get('/auth/passkeys')
  @Allow('signed_in')
  async list(@TheSession() session: Session, @TheOrigin() origin: Origin) {
    const answer = await this.ask(listPasskeys, { person: personOf(session, origin) });
    if (answer.kind === 'session_ended') throw new Refusal('session_ended');
    return { data: answer.passkeys.map(passkeyJson) };
  }

  /** Answers with what `navigator.credentials.create` takes, as JSON. */
  @Post('/auth/passkeys/options')
  @Allow('signed_in')
  @HttpCode(200)
  async begin(@Body() body: unknown, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    parseRequest(emptyBody, body);
    const answer = await this.ask(beginPasskey, { person: personOf(session, origin) });
    if (answer.kind !== 'options') throw new Refusal(answer.kind);
    return answer.options;
  }

  @Post('/auth/passkeys')
  @Allow('signed_in')
  @HttpCode(201)
  async add(@Body() body: unknown, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    const answer = await this.ask(addPasskey, { person: personOf(session, origin), ...parseRequest(addBody, body) });
    if (answer.kind === 'added') return passkeyJson(answer.passkey);
    if (answer.kind === 'too_many') throw new Refusal('conflict', { detail: 'The account has 20 passkeys.' });
    throw new Refusal(answer.kind);
  }

  @Delete('/auth/passkeys/:id')
  @Allow('signed_in')
  @HttpCode(204)
  async remove(@Param('id') id: string, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    if (!PASSKEY_ID.test(id)) throw new Refusal('not_found');
    const answer = await this.ask(removePasskey, { person: personOf(session, origin), passkeyId: id });
    if (answer.kind !== 'removed') throw new Refusal(answer.kind);
  }

  /** Answers with what `navigator.credentials.get` takes, as JSON. */
  @Post('/auth/login/passkey/options')
  @Allow('public')
  @HttpCode(200)
  async beginSignIn(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(beginPasskeySignIn, { ...parseRequest(beginSignInBody, body), origin });
    switch (answer.kind) {
      case 'options':
        return answer.options;
      case 'too_many_attempts':
        throw new Refusal('too_many_attempts', { retryAfterSeconds: answer.retryAfterSeconds });
      case 'challenge_ended':
        throw new Refusal('challenge_ended');
    }
  }

  @Post('/auth/login/passkey')
  @Allow('public')
  @HttpCode(200)
  async signIn(
    @Body() body: unknown,
    @TheOrigin() origin: Origin,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const answer = await this.ask(passkeySignIn, { ...parseRequest(signInBody, body), origin });
    if (answer.kind === 'passkey_invalid' || answer.kind === 'challenge_ended') throw new Refusal(answer.kind);
    return welcome(answer, origin, request, reply, { ask: this.ask, settings: this.settings });
  }
}

function passkeyJson(passkey: z.output<typeof passkeyViewSchema>) {
  return { id: passkey.id, name: passkey.name, created_at: passkey.createdAt, last_used_at: passkey.lastUsedAt };
}
