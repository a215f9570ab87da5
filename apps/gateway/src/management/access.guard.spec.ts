import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';

const nobodyIsAsked = () => Promise.reject(new Error('nobody is asked'));

describe('a handler without a rule', () => {
  it('is closed to everybody, whatever they send', async () => {
    const settings = { production: false, secureCookies: false, publicOrigin: 'http://localhost', nowMs: () => 0 };
    const guard = new AccessGuard(settings, nobodyIsAsked, nobodyIsAsked);
    const request = { method: 'GET', headers: { authorization: 'Bearer at-x' }, raw: {} };
    const context = {
      switchToHttp: () => ({ getRequest: () => request }),
      getHandler: () => () => 'secret',
    } as unknown as ExecutionContext;
    await expect(guard.canActivate(context)).rejects.toMatchObject({ code: 'permission_denied' });
  });
});
