import type { Actor } from '@gatehouse/contracts/actor';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ruleOf, wantsAccessToken } from './allow.guard.js';
import { type Authentication, authenticate } from './authenticate.client.js';
import { rememberCaller } from './caller.js';
import { chooseOrganization } from './choose-organization.js';
import { isCsrfTokenOf } from './csrf-token.js';
import { isOwnOrigin } from './judge-origin.js';
import { type Permission, roleMay } from './permissions.js';
import { readSessionCredential } from './read-session-credential.js';
import { Refusal } from './refusal.js';
import { factsOf } from './request-facts.js';
import type { AskService } from './services.client.js';
import type { ManagementSettings } from './settings.js';

/** The one guard of the management API. A route without a rule is closed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly settings: ManagementSettings,
    private readonly ask: AskService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const rule = ruleOf(context.getHandler());
    if (rule === undefined) throw new Refusal('permission_denied');
    if (rule === 'public') {
      this.checkOrigin(request);
      return true;
    }
    const credential = readSessionCredential(request.headers, this.settings.secureCookies);
    const authentication = await authenticate(credential, wantsAccessToken(context.getHandler()), this.ask);
    if (authentication.kind === 'refused') {
      const { code, detail } = authentication;
      throw new Refusal(code, detail === undefined ? {} : { detail });
    }
    const { session, byCookieOnly } = authentication;
    if (byCookieOnly && isWrite(request)) {
      if (!isCsrfTokenOf(session.csrfToken, request.headers['x-csrf-token'])) throw new Refusal('csrf_token_invalid');
      this.checkOrigin(request);
    }
    const actor = rule === 'signed_in' ? undefined : actorFor(rule, authentication, request);
    rememberCaller(request.raw, { session, actor });
    return true;
  }

  /** A write that a browser sends from another origin is refused, whoever is signed in there. */
  private checkOrigin(request: FastifyRequest): void {
    if (!isWrite(request)) return;
    const { origin, host } = request.headers;
    const secFetchSite = request.headers['sec-fetch-site'];
    const stated = { origin, host, secFetchSite: secFetchSite === undefined ? undefined : String(secFetchSite) };
    if (!isOwnOrigin(stated, this.settings.publicOrigin, !this.settings.production))
      throw new Refusal('origin_refused');
  }
}

function isWrite(request: FastifyRequest): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}

function actorFor(
  permission: Permission,
  { session }: Extract<Authentication, { kind: 'authenticated' }>,
  request: FastifyRequest,
): Actor {
  const choice = chooseOrganization(session.memberships, [
    request.headers['x-gatehouse-organization'],
    fieldOf(request.query, 'organization'),
    fieldOf(request.body, 'organization'),
  ]);
  if (choice.kind === 'ambiguous')
    throw new Refusal('invalid_request', { detail: 'Name one organization, by its id.' });
  if (choice.kind === 'unnamed') {
    throw new Refusal('validation_error', { errors: { organization: 'is required: the account has several' } });
  }
  if (choice.kind === 'not_a_member' || !roleMay(choice.membership.role, permission)) {
    throw new Refusal('permission_denied');
  }
  const { organizationId, role } = choice.membership;
  const { address, requestId } = factsOf(request.raw);
  return { accountId: session.account.id, organizationId, role, address, requestId };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? (value as Readonly<Record<string, unknown>>)[field]
    : undefined;
}
