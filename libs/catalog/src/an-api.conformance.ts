import type { z } from 'zod';
import type { Api } from './api.js';
import { profileSchema } from './profile-schema.js';

/**
 * An API for tests, with two environments, scopes that not everybody may grant, roles, rotation in place, and no limits.
 * @param profile what its profile says otherwise, as in a file of `profiles/`.
 */
export function anApi(changes: Partial<Api> = {}, profile: Partial<z.input<typeof profileSchema>> = {}): Api {
  return {
    name: 'exante',
    profile: profileSchema.parse({
      name: 'exante',
      key: { prefixes: { live: 'ex_live_', test: 'ex_test_' } },
      credentials: [{ header: 'Authorization', scheme: 'Bearer' }],
      scopes: {
        'invoices.read': 'Read invoices',
        'invoices.write': 'Write invoices',
        'invoices.void': { description: 'Void invoices', roles: ['owner', 'admin'] },
        admin: { description: 'Everything', roles: ['owner'] },
      },
      roles: { reader: { scopes: ['invoices.read'] }, clerk: { scopes: ['invoices.read', 'invoices.write'] } },
      plans: { free: {} },
      defaultPlan: 'free',
      rotation: { graceSecondsMax: 604_800, remindAfterDays: 90 },
      errors: { body: { error: '{message}' } },
      ...profile,
    }),
    hosts: [],
    upstream: 'example',
    upstreamIdentity: 'token',
    verification: 'queried',
    limits: 'queried',
    limiterOutage: 'local',
    routes: [],
    plans: { free: { key: [], organization: [], keysMax: null } },
    environments: null,
    leakPolicy: 'revoke',
    importedKeys: [],
    ...changes,
  };
}
