import { describe, expect, it } from '@jest/globals';
import { checkProfile } from './check-profile.js';
import { MANAGEMENT_API, MANAGEMENT_KEY_PREFIX } from './management-api.js';

describe('the management API as an API that keys are made for', () => {
  it('has a profile in which everything fits', () => {
    expect(checkProfile(MANAGEMENT_API.profile)).toEqual([]);
    expect(Object.keys(MANAGEMENT_API.plans)).toContain(MANAGEMENT_API.profile.defaultPlan);
  });

  it('has keys with a beginning of their own', () => {
    expect(Object.values(MANAGEMENT_API.profile.key.prefixes)).toEqual([MANAGEMENT_KEY_PREFIX]);
  });

  it('has no scope that any role could grant', () => {
    for (const { description, roles } of Object.values(MANAGEMENT_API.profile.scopes)) {
      expect(description).not.toBe('');
      expect(roles).not.toBeNull();
      expect(roles).not.toContain('viewer');
    }
  });

  it('is served to nobody and leads nowhere', () => {
    expect(MANAGEMENT_API).toMatchObject({ hosts: [], routes: [] });
    expect(new URL(MANAGEMENT_API.upstream).hostname.endsWith('.invalid')).toBe(true);
  });
});
