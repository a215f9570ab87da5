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
      'GET /.well-known/jwks.json: public',
      'GET /: public',
      'GET /api/v1/apis: public',
      'GET /api/v1/keys/:id: keys.read',
      'GET /api/v1/keys: keys.read',
      'GET /api/v1/orgs: signed_in',
      'GET /api/v1/projects: projects.read',
      'GET /assets/mark.svg: public',
      'GET /assets/page.css: public',
      'GET /assets/setup.js: public',
      'GET /auth/session: signed_in',
      'GET /errors/:code: public',
      'GET /setup: public',
      'POST /api/v1/keys/:id/revoke: keys.write',
      'POST /api/v1/keys: keys.write',
      'POST /api/v1/projects: projects.write',
      'POST /auth/claim: public',
      'POST /auth/login: public',
      'POST /auth/logout: signed_in',
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
      const answer = await platform.send({ method, path: path.replace(':id', 'key_x').replace(':code', 'not_found') });
      if (rule === 'public') expect([path, answer.status]).not.toEqual([path, 401]);
      else expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});
