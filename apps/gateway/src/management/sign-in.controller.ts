import { claimInstallation, signIn, signOut } from '@gatehouse/contracts/identity';
import { Body, Controller, Get, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { readDeviceToken } from '../people/device-cookie.js';
import { type Proceeded, welcome } from '../people/welcome.js';
import { Allow, WithFreshAccessToken } from './allow.guard.js';
import type { Session } from './authenticate.client.js';
import { TheOrigin, TheSession } from './handler-arguments.provider.js';
import { parseRequest } from './parse-request.js';
import { closedOrganizationJson, organizationJson } from './public-json.js';
import { Refusal } from './refusal.js';
import { claimBody, emptyBody, loginBody } from './requests.js';
import type { AskService } from './services.client.js';
import { endedSessionCookie } from './session-cookie.js';
import { type ManagementSettings, SERVICES, SETTINGS } from './settings.js';

type SignInAnswer = z.output<typeof signIn.output> | z.output<typeof claimInstallation.output>;
type Refused = Exclude<SignInAnswer, Proceeded>;
type Origin = z.input<typeof signIn.input>['origin'];

/** A password may wait for its turn to be hashed. */
const PASSWORD_DEADLINE_MS = 10_000;

/** Signing in and out, and what the browser's session is. */
@Controller()
export class SignInController {
  constructor(
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(SETTINGS) private readonly settings: ManagementSettings,
  ) {}

  @Post('/auth/login')
  @Allow('public')
  @HttpCode(200)
  async login(
    @Body() body: unknown,
    @TheOrigin() origin: Origin,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const input = parseRequest(loginBody, body);
    const deviceToken = readDeviceToken(request.headers.cookie, this.settings.secureCookies);
    const answer = await this.ask(signIn, { ...input, deviceToken, origin }, PASSWORD_DEADLINE_MS);
    if (isRefused(answer)) throw refusalOf(answer);
    return welcome(answer, origin, request, reply, { ask: this.ask, settings: this.settings });
  }

  @Post('/auth/claim')
  @Allow('public')
  @HttpCode(200)
  async claim(
    @Body() body: unknown,
    @TheOrigin() origin: Origin,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const input = parseRequest(claimBody, body);
    const answer = await this.ask(claimInstallation, { ...input, origin }, PASSWORD_DEADLINE_MS);
    if (isRefused(answer)) throw refusalOf(answer);
    return welcome(answer, origin, request, reply, { ask: this.ask, settings: this.settings });
  }

  @Post('/auth/logout')
  @Allow('signed_in')
  @HttpCode(204)
  @Header('clear-site-data', '"cache", "storage"')
  async logout(
    @Body() body: unknown,
    @TheSession() session: Session,
    @TheOrigin() origin: Origin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    parseRequest(emptyBody, body);
    await this.ask(signOut, { sessionId: session.sessionId, origin });
    reply.header('set-cookie', endedSessionCookie(this.settings.secureCookies));
  }

  @Get('/auth/session')
  @Allow('signed_in')
  @WithFreshAccessToken()
  session(@TheSession() session: Session) {
    const byCookie = session.accessToken !== null;
    return {
      account: session.account,
      organizations: session.memberships.map(organizationJson),
      closed_organizations: session.closedOrganizations.map(closedOrganizationJson),
      csrf_token: byCookie ? session.csrfToken : null,
      access_token: session.accessToken,
      expires_in: session.accessTokenTtlSeconds,
      expires_at: session.expiresAt,
      absolute_expires_at: session.absoluteExpiresAt,
    };
  }
}

function isRefused(answer: SignInAnswer): answer is Refused {
  return REFUSALS.includes(answer.kind);
}

const REFUSALS: readonly string[] = [
  'credentials_invalid',
  'token_invalid',
  'too_many_attempts',
  'busy',
  'refused',
] satisfies Refused['kind'][];

function refusalOf(answer: Refused): Refusal {
  switch (answer.kind) {
    case 'credentials_invalid':
      return new Refusal('credentials_invalid');
    case 'token_invalid':
      return new Refusal('claim_token_invalid');
    case 'too_many_attempts':
      return new Refusal('too_many_attempts', { retryAfterSeconds: answer.retryAfterSeconds });
    case 'busy':
      return new Refusal('service_unavailable', { retryAfterSeconds: answer.retryAfterSeconds });
    case 'refused':
      return new Refusal('validation_error', {
        errors: { [answer.code === 'email_invalid' ? 'email' : 'password']: answer.message },
      });
  }
}
