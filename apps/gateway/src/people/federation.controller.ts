import {
  type FederationContext,
  listIdentities,
  listProviders,
  type ProviderName,
  unlinkIdentity,
} from '@gatehouse/contracts/federation';
import { Controller, Delete, Get, HttpCode, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow } from '../management/allow.guard.js';
import { authenticate, type Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { readSessionCredential } from '../management/read-session-credential.js';
import { Refusal } from '../management/refusal.js';
import { emptyBody } from '../management/requests.js';
import { PAGE_CONTENT_SECURITY_POLICY } from '../management/security-headers.js';
import type { AskService } from '../management/services.client.js';
import { type ManagementSettings, SERVICES, SETTINGS } from '../management/settings.js';
import { renderSignInOver } from '../pages/render-sign-in-over.js';
import { bindBrowser, readBrowserSecret } from './browser-cookie.js';
import { identityId, linkQuery } from './federation-requests.js';
import type { IdentityHttp } from './identity-http.client.js';
import { CHOOSE, HOME, LINKED, refusedPage, secondFactorPage } from './landing.js';
import { welcome } from './welcome.js';

export const IDENTITY_HTTP = Symbol('identity over HTTP');

/** Signing in with GitHub and with single sign-on, and what they have to do with the own account. */
@Controller()
export class FederationController {
  constructor(
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(SETTINGS) private readonly settings: ManagementSettings,
    @Inject(IDENTITY_HTTP) private readonly identity: IdentityHttp | undefined,
  ) {}

  /** Which buttons the sign-in page shows [T8, T10, T11]. */
  @Get('/auth/providers')
  @Allow('public')
  async providers() {
    if (this.identity === undefined) return { providers: [] };
    const { providers } = await this.ask(listProviders, {});
    return { providers };
  }

  @Get('/auth/github')
  @Allow('public')
  beginGithub(
    @Query() query: unknown,
    @TheOrigin() origin: Origin,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    return this.begin('github', query, origin, request, reply);
  }

  @Get('/auth/sso')
  @Allow('public')
  beginSso(
    @Query() query: unknown,
    @TheOrigin() origin: Origin,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    return this.begin('sso', query, origin, request, reply);
  }

  @Get('/auth/github/callback')
  @Allow('public')
  finishGithub(@TheOrigin() origin: Origin, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.finish('github', origin, request, reply);
  }

  @Get('/auth/sso/callback')
  @Allow('public')
  finishSso(@TheOrigin() origin: Origin, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.finish('sso', origin, request, reply);
  }

  @Get('/auth/identities')
  @Allow('signed_in')
  async identities(@TheSession() session: Session) {
    const { identities } = await this.ask(listIdentities, { accountId: session.account.id });
    return {
      identities: identities.map(({ createdAt, lastUsedAt, ...identity }) => ({
        ...identity,
        created_at: createdAt,
        last_used_at: lastUsedAt,
      })),
    };
  }

  @Delete('/auth/identities/:id')
  @Allow('signed_in')
  @HttpCode(204)
  async unlink(
    @Param('id') id: unknown,
    @Req() { body }: FastifyRequest,
    @TheSession() session: Session,
    @TheOrigin() origin: Origin,
  ): Promise<void> {
    parseRequest(emptyBody, body);
    const person = { accountId: session.account.id, sessionId: session.sessionId, origin };
    const { kind } = await this.ask(unlinkIdentity, { person, identityId: parseRequest(identityId, id) });
    if (kind !== 'unlinked') throw new Refusal(kind);
  }

  private async begin(
    provider: ProviderName,
    query: unknown,
    origin: Origin,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { link } = parseRequest(linkQuery, query);
    if (this.identity === undefined) throw new Refusal('not_found');
    // A page of somebody else's cannot sign its readers in: they choose it on ours [O-10].
    if (isFromElsewhere(request)) return redirect(reply, CHOOSE);
    const linker = link === undefined ? null : await this.linkerOf(request);
    const { secret, setCookie } = bindBrowser(request.headers.cookie, this.settings.secureCookies);
    const begun = await this.identity.begin(provider, { browser: secret, origin, linker });
    switch (begun.kind) {
      case 'not_configured':
        throw new Refusal('not_found');
      case 'refused':
        if (begun.code === 'session_ended' || begun.code === 'reauth_required') throw new Refusal(begun.code);
        return redirect(reply, refusedPage(begun.code));
      case 'sent':
        reply.header('set-cookie', setCookie);
        return redirect(reply, begun.location);
    }
  }

  /** Who is signed in in this browser: only a cookie comes with a page that is opened. */
  private async linkerOf(request: FastifyRequest): Promise<FederationContext['linker']> {
    const credential = readSessionCredential(request.headers, this.settings.secureCookies);
    if (credential.kind === 'management_key') throw new Refusal('permission_denied');
    const answer = await authenticate(credential, false, this.ask);
    if (answer.kind === 'refused') throw new Refusal(answer.code);
    return { accountId: answer.session.account.id, sessionId: answer.session.sessionId };
  }

  private async finish(
    provider: ProviderName,
    origin: Origin,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    if (this.identity === undefined) throw new Refusal('not_found');
    const browser = readBrowserSecret(request.headers.cookie, this.settings.secureCookies) ?? null;
    const query = new URLSearchParams(request.url.split('?', 2)[1] ?? '');
    const outcome = await this.identity.finish(provider, query, { browser, origin, linker: null });
    switch (outcome.kind) {
      case 'linked':
        return redirect(reply, LINKED);
      case 'account_disabled':
        return redirect(reply, refusedPage(outcome.kind));
      case 'second_factor_required':
        return redirect(reply, secondFactorPage(outcome.challenge, outcome.methods));
      case 'signed_in':
        await welcome(outcome, origin, request, reply, { ask: this.ask, settings: this.settings });
        return redirect(reply, HOME);
      case 'refused':
        return outcome.code === 'state_invalid' ? sayOver(reply) : redirect(reply, refusedPage(outcome.code));
    }
  }
}

/** Whether a page of another site has sent the browser here. */
function isFromElsewhere({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function redirect(reply: FastifyReply, location: string): void {
  void reply.code(303).header('location', location).send();
}

function sayOver(reply: FastifyReply): void {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PAGE_CONTENT_SECURITY_POLICY,
  };
  void reply.code(403).headers(headers).send(renderSignInOver());
}
