import type { ServiceMigrations } from '@gatehouse/postgres/migrate.client';
import { CreatePeople1764000000000 } from './migrations/create-people.js';

/** The schema of this service, and what its role may do there: the audit log can be added to, never changed. */
export const identityMigrations: ServiceMigrations = {
  service: 'identity',
  migrations: [CreatePeople1764000000000],
  grants: [
    'GRANT SELECT, INSERT, UPDATE, DELETE ON identity.accounts, identity.passwords, identity.sign_in_attempts, identity.sessions, identity.claim_tokens, identity.signing_keys, identity.organizations, identity.memberships, identity.projects TO {role}',
    'GRANT SELECT, INSERT ON identity.installation, identity.audit_events TO {role}',
  ],
};
