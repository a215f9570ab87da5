import type { Catalog } from '@gatehouse/catalog/api';
import { introspectToken, refreshTokens, revokeToken } from '@gatehouse/contracts/access-tokens';
import type { Actor } from '@gatehouse/contracts/actor';
import { Body, Controller, Get, Header, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Allow } from '../management/allow.guard.js';
import { type Origin, TheActor, TheOrigin } from '../management/handler-arguments.provider.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { CATALOG, type ManagementSettings, SERVICES, SETTINGS } from '../management/settings.js';
import { type OauthAnswer, oauthError } from './oauth-answer.js';
import { type OauthForm, readOauthForm } from './oauth-form.js';

/** Tokens as OAuth clients handle them. Passwords are no grant here (RFC 9700 section 2.4). */
@Controller()
export class OauthController {
  constructor(
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(SETTINGS) private readonly settings: ManagementSettings,
  ) {}

  /** RFC 6749 section 6. Clients are public: a client is an API that gives tokens, by its name. */
  @Post('/oauth/token')
  @Allow('public')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Header('pragma', 'no-cache')
  async token(@Body() body: unknown, @TheOrigin() origin: Origin, @Res({ passthrough: true }) reply: FastifyReply) {
    return answerWith(reply, await this.refresh(formOf(body), origin));
  }

  private async refresh(form: OauthForm | undefined, origin: Origin): Promise<OauthAnswer> {
    const grantType = form?.get('grant_type');
    if (form === undefined || grantType === undefined) return oauthError('invalid_request');
    if (grantType !== 'refresh_token') return oauthError('unsupported_grant_type');
    const [refreshToken, clientId] = [form.get('refresh_token'), form.get('client_id')];
    if (refreshToken === undefined || clientId === undefined) return oauthError('invalid_request');
    const client = this.catalog.apis.find(({ name }) => name === clientId)?.profile.tokens?.endpoints;
    if (client === undefined) return oauthError('invalid_client');
    if (refreshToken.length > REFRESH_TOKEN_MAX_LENGTH) return oauthError('invalid_grant');
    const { refreshPrefix } = client;
    const outcome = await this.ask(refreshTokens, { refreshToken, clientId, refreshPrefix, origin });
    if (outcome.kind === 'refused') return oauthError('invalid_grant');
    return {
      status: 200,
      body: {
        access_token: outcome.accessToken,
        refresh_token: outcome.refreshToken,
        expires_in: outcome.accessTokenTtlSeconds,
        token_type: 'Bearer',
      },
    };
  }

  /**
   * RFC 7009: whoever has a token may end it, with all that belongs to it. 200 says that it is dead.
   * @throws BusUnavailable where that cannot be made sure of: 503
   */
  @Post('/oauth/revoke')
  @Allow('public')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async revoke(@Body() body: unknown, @TheOrigin() origin: Origin, @Res({ passthrough: true }) reply: FastifyReply) {
    const form = formOf(body);
    const token = form?.get('token');
    if (form === undefined || token === undefined) return answerWith(reply, oauthError('invalid_request'));
    const { kind } = await this.ask(revokeToken, {
      token,
      clientId: form.get('client_id')?.slice(0, 64) ?? null,
      origin,
    });
    return answerWith(reply, kind === 'revoked' ? { status: 200, body: {} } : oauthError('invalid_client'));
  }

  /** RFC 7662, for members and management keys of the organization that a token acts for. */
  @Post('/oauth/introspect')
  @Allow('keys.verify')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async introspect(@Body() body: unknown, @TheActor() actor: Actor, @Res({ passthrough: true }) reply: FastifyReply) {
    const form = formOf(body);
    const token = form?.get('token');
    // Who asks is in a header already, and one request has one credential (RFC 6750 section 2).
    if (token === undefined || form?.has('access_token') === true)
      return answerWith(reply, oauthError('invalid_request'));
    const told = await this.ask(introspectToken, { token, organizationId: actor.organizationId });
    if (told.kind === 'inactive') return { active: false };
    return {
      active: true,
      token_type: told.use === 'access' ? 'Bearer' : 'refresh_token',
      client_id: told.clientId,
      iss: told.issuer,
      aud: told.audience,
      sub: told.accountId,
      sid: told.sessionId,
      iat: told.issuedAt,
      exp: told.expiresAt,
      ...(told.tokenId === null ? {} : { jti: told.tokenId }),
    };
  }

  /** RFC 8414. */
  @Get('/.well-known/oauth-authorization-server')
  @Allow('public')
  @Header('cache-control', 'public, max-age=300')
  metadata() {
    const { publicOrigin: issuer } = this.settings;
    return {
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      introspection_endpoint: `${issuer}/oauth/introspect`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: ['refresh_token'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
    };
  }
}

const REFRESH_TOKEN_MAX_LENGTH = 200;

/** Forms come as text; JSON has been parsed, and is not what these endpoints take. */
function formOf(body: unknown): OauthForm | undefined {
  if (body === undefined) return new Map();
  if (typeof body !== 'string') {
    throw new Refusal('unsupported_media_type', { detail: 'Send a form: application/x-www-form-urlencoded.' });
  }
  return readOauthForm(body);
}

function answerWith(reply: FastifyReply, { status, body }: OauthAnswer): object {
  reply.code(status);
  return body;
}
