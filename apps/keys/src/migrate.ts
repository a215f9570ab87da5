import type { ServiceMigrations } from '@gatehouse/postgres/migrate.client';
import { CreateKeys1763800000000 } from './migrations/1763800000000-create-keys.js';

/**
 * What the keys service asks of the database's owner. Its role cannot delete keys or audit entries, cannot read or
 * change the audit log, and can change nothing of a key but its state.
 */
export const keysMigrations: ServiceMigrations = {
  service: 'keys',
  migrations: [CreateKeys1763800000000],
  grants: [
    'GRANT SELECT, INSERT ON keys.api_keys TO {role}',
    'GRANT UPDATE (state, revision, revoked_at, revocation_reason) ON keys.api_keys TO {role}',
    'GRANT INSERT ON keys.audit_entries TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON keys.kept_answers TO {role}',
    'GRANT SELECT, UPDATE ON keys.change_counter TO {role}',
    'GRANT SELECT, INSERT, DELETE ON keys.key_changes TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON keys.lease_holders TO {role}',
  ],
};
