import { describe, expect, it } from '@jest/globals';
import { checkProfile } from './check-profile.js';
import { profileSchema } from './profile-schema.js';
import { scopesOfRole } from './scopes-of-role.js';

const profile = (tokens: unknown) =>
  profileSchema.parse({
    name: 'one',
    key: { prefixes: { live: 'one_sk_' } },
    credentials: [{ header: 'X-API-Key' }],
    tokens,
    scopes: { read: 'Read', write: 'Write', admin: { roles: ['owner', 'admin'] } },
    plans: { free: {} },
    defaultPlan: 'free',
    errors: { body: { error: '{refusal}' } },
  });
const endpoints = { token: '/v1/auth/token', refresh: '/v1/auth/refresh', refreshPrefix: 'one_rt_' };
const own = { accepts: ['own'], endpoints };

describe('tokens of a profile', () => {
  it('are refused with a path, a header or a prefix that cannot be used', () => {
    for (const wrong of [
      { accepts: [] },
      { accepts: ['others'] },
      { ...own, endpoints: { ...endpoints, token: '/v1/../token' } },
      { ...own, endpoints: { ...endpoints, token: '/v1/token/' } },
      { ...own, endpoints: { ...endpoints, token: '/v1/{project}/token' } },
      { ...own, endpoints: { ...endpoints, refreshPrefix: 'One' } },
      { ...own, scopes: { guest: ['read'] } },
    ]) {
      expect(() => profile(wrong)).toThrow();
    }
  });

  it.each([
    [{ accepts: ['own'] }, 'own tokens are issued by endpoints'],
    [{ accepts: ['platform'], endpoints }, 'own tokens are issued by endpoints'],
    [{ ...own, header: 'Host' }, 'Host cannot carry a credential'],
    [{ ...own, endpoints: { ...endpoints, refresh: endpoints.token } }, 'must be another path than token'],
    [{ ...own, endpoints: { ...endpoints, refreshPrefix: 'one_sk_rt_' } }, 'cannot be told from keys of live'],
    [{ ...own, scopes: { viewer: ['delete'] } }, 'there is no scope delete'],
  ])('are refused where they do not fit the rest: %j', (tokens, message) => {
    expect(checkProfile(profile(tokens)).map((problem) => problem.message)).toEqual([expect.stringContaining(message)]);
  });

  it('fit as the built-in profiles have them', () => {
    expect(checkProfile(profile(own))).toEqual([]);
    expect(checkProfile(profile({ accepts: ['platform'] }))).toEqual([]);
  });
});

describe('what a person may do', () => {
  it('is what the role may give to a key, and nothing where it may give nothing', () => {
    const { tokens: _, ...keysOnly } = profile({ accepts: ['platform'] });
    for (const one of [profile({ accepts: ['platform'] }), keysOnly]) {
      expect(scopesOfRole(one, 'owner')).toEqual(['read', 'write', 'admin']);
      expect(scopesOfRole(one, 'developer')).toEqual(['read', 'write']);
      expect(scopesOfRole(one, 'viewer')).toEqual([]);
    }
  });

  it('is what the profile says of the role, where it says something', () => {
    const one = profile({ accepts: ['platform'], scopes: { viewer: ['read'], owner: [] } });
    expect(scopesOfRole(one, 'viewer')).toEqual(['read']);
    expect(scopesOfRole(one, 'owner')).toEqual([]);
    expect(scopesOfRole(one, 'admin')).toEqual(['read', 'write', 'admin']);
  });
});
