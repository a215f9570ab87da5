import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, type Type } from '@nestjs/common';
import { CONTROLLERS } from '../app.module.js';
import { Allow } from './allow.guard.js';
import { type PlatformUnderTest, startPlatformUnderTest } from './platform-under-test.conformance.js';
import { checkEveryRouteHasRule, ruledRoutes } from './route-rules.guard.js';

describe('every route has a rule [A-01]', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());

  it('and this is the whole list; whoever adds a route states here who may call it', () => {
    const rules = ruledRoutes(CONTROLLERS).map(({ method, path, rule }) => `${method} ${path}: ${rule}`);
    expect(rules.sort()).toEqual([
      'DELETE /api/v1/keys/:id: keys.write',
      'DELETE /api/v1/orgs/:organizationId/invitations/:id: members.write',
      'DELETE /api/v1/orgs/:organizationId/members/:accountId: signed_in',
      'DELETE /auth/identities/:id: signed_in',
      'DELETE /auth/passkeys/:id: signed_in',
      'DELETE /auth/sessions/:id: signed_in',
      'DELETE /auth/sessions: signed_in',
      'GET /.well-known/jwks.json: public',
      'GET /.well-known/oauth-authorization-server: public',
      'GET /: public',
      'GET /api/v1/accounts: operator',
      'GET /api/v1/apis: public',
      'GET /api/v1/audit: audit.read',
      'GET /api/v1/keys/:id/requests: keys.read',
      'GET /api/v1/keys/:id/scopes: keys.read',
      'GET /api/v1/keys/:id/usage: keys.read',
      'GET /api/v1/keys/:id: keys.read',
      'GET /api/v1/keys/export: keys.read',
      'GET /api/v1/keys: keys.read',
      'GET /api/v1/notices: keys.read',
      'GET /api/v1/orgs/:organizationId/invitations: members.read',
      'GET /api/v1/orgs/:organizationId/members: members.read',
      'GET /api/v1/orgs: signed_in',
      'GET /api/v1/projects: projects.read',
      'GET /api/v1/recoveries: operator',
      'GET /assets/mark.svg: public',
      'GET /assets/page.css: public',
      'GET /assets/setup.js: public',
      'GET /auth/2fa: signed_in',
      'GET /auth/github/callback: public',
      'GET /auth/github: public',
      'GET /auth/identities: signed_in',
      'GET /auth/passkeys: signed_in',
      'GET /auth/providers: public',
      'GET /auth/session: signed_in',
      'GET /auth/sessions: signed_in',
      'GET /auth/sso/callback: public',
      'GET /auth/sso: public',
      'GET /errors/:code: public',
      'GET /leaks/rules: public',
      'GET /setup: public',
      'PATCH /api/v1/keys/:id: keys.write',
      'PATCH /api/v1/orgs/:organizationId/members/:accountId: members.write',
      'POST /api/v1/accounts/:id/disable: operator',
      'POST /api/v1/accounts/:id/enable: operator',
      'POST /api/v1/accounts/:id/password-reset: operator',
      'POST /api/v1/invitations/accept: signed_in',
      'POST /api/v1/keys/:id/disable: keys.write',
      'POST /api/v1/keys/:id/enable: keys.write',
      'POST /api/v1/keys/:id/revoke: keys.write',
      'POST /api/v1/keys/:id/rotate/cancel: keys.write',
      'POST /api/v1/keys/:id/rotate/finish: keys.write',
      'POST /api/v1/keys/:id/rotate: keys.write',
      'POST /api/v1/keys/import: keys.write',
      'POST /api/v1/keys/self-revoke: public',
      'POST /api/v1/keys/verify-batch: keys.verify',
      'POST /api/v1/keys/verify: keys.verify',
      'POST /api/v1/keys/whoami: public',
      'POST /api/v1/keys: keys.write',
      'POST /api/v1/limits/check: limits.check',
      'POST /api/v1/notices/:id/read: keys.write',
      'POST /api/v1/orgs/:id/resume: operator',
      'POST /api/v1/orgs/:id/suspend: operator',
      'POST /api/v1/orgs/:organizationId/invitations: members.write',
      'POST /api/v1/projects: projects.write',
      'POST /api/v1/recoveries/:id/approve: operator',
      'POST /api/v1/recoveries/:id/refuse: operator',
      'POST /api/v1/signing-keys/rotate: operator',
      'POST /auth/2fa/backup-codes: signed_in',
      'POST /auth/2fa/disable: signed_in',
      'POST /auth/2fa/totp/confirm: signed_in',
      'POST /auth/2fa/totp/enroll: signed_in',
      'POST /auth/claim: public',
      'POST /auth/email/change/confirm: public',
      'POST /auth/email/change/undo: public',
      'POST /auth/email/change: signed_in',
      'POST /auth/email/resend: public',
      'POST /auth/email/verify: public',
      'POST /auth/login/passkey/options: public',
      'POST /auth/login/passkey: public',
      'POST /auth/login/second-factor: public',
      'POST /auth/login: public',
      'POST /auth/logout: signed_in',
      'POST /auth/passkeys/options: signed_in',
      'POST /auth/passkeys: signed_in',
      'POST /auth/password/change: signed_in',
      'POST /auth/password/forgot: public',
      'POST /auth/password/reset: public',
      'POST /auth/recovery/cancel: public',
      'POST /auth/recovery/complete: public',
      'POST /auth/recovery/confirm: public',
      'POST /auth/recovery/start: public',
      'POST /auth/signup: public',
      'POST /leaks/github: public',
      'POST /oauth/introspect: keys.verify',
      'POST /oauth/revoke: public',
      'POST /oauth/token: public',
      'PUT /api/v1/orgs/:id/plan: operator',
      'PUT /api/v1/orgs/:organizationId/security: signed_in',
    ]);
  });

  it('and the router serves exactly those, with HEAD beside GET', () => {
    const declared = ruledRoutes(CONTROLLERS).flatMap(({ method, path }) =>
      method === 'GET' ? [`GET ${path}`, `HEAD ${path}`] : [`${method} ${path}`],
    );
    expect(platform.routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(declared.sort());
  });

  it('or the gateway does not start', () => {
    @Controller()
    class Forgetful {
      @Get('/open')
      @Allow('public')
      open() {}
      @Post('/forgotten')
      forgotten() {}
    }
    const controllers: readonly Type[] = [Forgetful];
    const served = [
      { method: 'GET', path: '/open' },
      { method: 'HEAD', path: '/open' },
    ];
    expect(() => checkEveryRouteHasRule(served, controllers)).not.toThrow();
    for (const path of ['/forgotten', '/from-elsewhere']) {
      expect(() => checkEveryRouteHasRule([...served, { method: 'POST', path }], controllers)).toThrow(
        `these routes state no rule (@Allow): POST ${path}`,
      );
    }
  });

  it('and anybody without a session gets nothing but the public ones', async () => {
    for (const { method, path, rule } of ruledRoutes(CONTROLLERS)) {
      const answer = await platform.send({
        method,
        path: path.replace(/:\w*[iI]d\b/g, 'key_x').replace(':code', 'not_found'),
      });
      if (rule === 'public') expect([path, answer.status]).not.toEqual([path, 401]);
      else expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});
