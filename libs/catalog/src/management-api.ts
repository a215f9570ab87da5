import type { Api } from './api.js';
import { profileSchema } from './profile-schema.js';

/** What every management key begins with: it tells them from access tokens, and from keys of published APIs. */
export const MANAGEMENT_KEY_PREFIX = 'ghm_';

const ADMINISTRATORS = ['owner', 'admin'] as const;
const MAKERS_OF_KEYS = [...ADMINISTRATORS, 'developer'] as const;

/**
 * The management API as an API that keys can be made for, like any other but that it is built in: no gatehouse.yaml has
 * it, and no request is forwarded. Its scopes are the permissions of management routes, each granted by those who have
 * it themselves.
 */
export const MANAGEMENT_API: Api = {
  name: 'gatehouse',
  profile: profileSchema.parse({
    name: 'gatehouse',
    description: 'Management API of this platform',
    key: { prefixes: { live: MANAGEMENT_KEY_PREFIX } },
    credentials: [{ header: 'Authorization', scheme: 'Bearer' }],
    browserRequests: 'allow',
    scopes: {
      'keys.read': { description: 'List and show keys', roles: [...MAKERS_OF_KEYS] },
      'keys.write': { description: 'Create, change, rotate and revoke keys', roles: [...MAKERS_OF_KEYS] },
      'keys.verify': { description: 'Verify keys, and charge their limits', roles: [...MAKERS_OF_KEYS] },
      'limits.check': { description: 'Charge limits of a service of its own', roles: [...MAKERS_OF_KEYS] },
      'projects.read': { description: 'List projects', roles: [...MAKERS_OF_KEYS] },
      'projects.write': { description: 'Create projects', roles: [...ADMINISTRATORS] },
      'members.read': { description: 'List members and invitations', roles: [...MAKERS_OF_KEYS] },
      'audit.read': { description: 'Read the audit log', roles: [...ADMINISTRATORS] },
    },
    plans: { free: {} },
    defaultPlan: 'free',
    errors: { body: { code: '{refusal}', title: '{message}' } },
  }),
  hosts: [],
  // A name that never leads anywhere (RFC 2606 section 2).
  upstream: 'http://gatehouse.invalid',
  upstreamIdentity: 'token',
  verification: 'queried',
  limits: 'queried',
  limiterOutage: 'local',
  routes: [],
  plans: { free: { key: [], organization: [], keysMax: null } },
  environments: null,
  leakPolicy: 'revoke',
  importedKeys: [],
};
