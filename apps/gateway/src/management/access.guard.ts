import type { Actor } from '@gatehouse/contracts/actor';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { JudgeManagementKey } from '../verification/judge-management-key.js';
import { keyProblem } from '../verification/key-problem.js';
import { isPermission, type Rule, ruleOf, wantsAccessToken } from './allow.guard.js';
import { type Authentication, authenticate, type Session } from './authenticate.client.js';
import { rememberCaller } from './caller.js';
import { chooseOrganization } from './choose-organization.js';
import { isCsrfTokenOf } from './csrf-token.js';
import { isOwnOrigin } from './judge-origin.js';
import { keyActor } from './key-actor.js';
import { type Permission, roleMay } from './permissions.js';
import { readSessionCredential } from './read-session-credential.js';
import { Refusal } from './refusal.js';
import { factsOf } from './request-facts.js';
import type { AskService } from './services.client.js';
import type { ManagementSettings } from './settings.js';
import { strongerSignIn } from './stronger-sign-in.js';

/** The one guard of the management API. A route without a rule is closed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly settings: ManagementSettings,
    private readonly ask: AskService,
    private readonly judgeKey: JudgeManagementKey,
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
    if (credential.kind !== 'none' && fieldOf(request.query, 'access_token') !== undefined) {
      throw new Refusal('invalid_request', { detail: 'Send one credential, in a header.' });
    }
    if (credential.kind === 'management_key') {
      rememberCaller(request.raw, { session: undefined, actor: await this.admitKey(credential.secret, rule, request) });
      return true;
    }
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
    if (rule === 'operator' && !session.isOperator) throw new Refusal('permission_denied');
    const actor = isPermission(rule) ? actorFor(rule, authentication, request) : undefined;
    rememberCaller(request.raw, { session, actor });
    return true;
  }

  /**
   * A management key acts for its organization, within its scopes. It is for programs: a route for people is closed to it
   * [K-06]. It needs no CSRF token, since no browser sends it by itself.
   */
  private async admitKey(secret: string, rule: Exclude<Rule, 'public'>, request: FastifyRequest): Promise<Actor> {
    const facts = factsOf(request.raw);
    const permission = isPermission(rule) ? rule : undefined;
    const decision = await this.judgeKey(secret, {
      scopesNeeded: permission === undefined ? [] : [permission],
      cost: permission === undefined ? 0 : 1,
      address: facts.address,
      isRead: !isWrite(request),
    });
    if (decision.kind === 'deny') throw keyProblem(decision);
    if (permission === undefined) {
      throw new Refusal('permission_denied', { detail: 'Only an account that is signed in may do this.' });
    }
    const actor = keyActor(organizationFor([decision.facts], request), permission, facts);
    if (actor === undefined) throw new Refusal('permission_denied');
    return actor;
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
  const { organizationId, role } = organizationFor(session.memberships, request, session.closedOrganizations);
  if (!roleMay(role, permission)) throw new Refusal('permission_denied');
  const { address, requestId } = factsOf(request.raw);
  return { accountId: session.account.id, organizationId, role, address, requestId };
}

/** The membership, or the key, with which the organization that the request names is entered. */
function organizationFor<Membership extends { readonly organizationId: string }>(
  memberships: readonly Membership[],
  request: FastifyRequest,
  closed: Session['closedOrganizations'] = [],
): Membership {
  const named = [
    request.headers['x-gatehouse-organization'],
    fieldOf(request.params, 'organizationId'),
    fieldOf(request.query, 'organization'),
    fieldOf(request.body, 'organization'),
  ];
  const choice = chooseOrganization(memberships, named);
  switch (choice.kind) {
    case 'chosen':
      return choice.membership;
    case 'ambiguous':
      throw new Refusal('invalid_request', { detail: 'Name one organization, by its id.' });
    case 'unnamed':
      throw new Refusal('validation_error', { errors: { organization: 'is required: the account has several' } });
    case 'not_a_member': {
      const shut = chooseOrganization(closed, named);
      throw shut.kind === 'chosen' ? strongerSignIn(shut.membership.wants) : new Refusal('permission_denied');
    }
  }
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? (value as Readonly<Record<string, unknown>>)[field]
    : undefined;
}
