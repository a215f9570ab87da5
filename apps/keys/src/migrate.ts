import type { ServiceMigrations } from '@gatehouse/postgres/migrate.client';
import { CreateKeys1763800000000 } from './migrations/1763800000000-create-keys.js';
import { GiveKeysSecrets1764100000000 } from './migrations/1764100000000-give-keys-secrets.js';
import { CreateUsage1764200000000 } from './migrations/1764200000000-create-usage.js';
import { TellOrganizations1764300000000 } from './migrations/1764300000000-tell-organizations.js';
import { NumberPeppers1764500000000 } from './migrations/1764500000000-number-peppers.js';
import { ReadAudit1764700000000 } from './migrations/1764700000000-read-audit.js';
import { GatherUsage1764800000000 } from './migrations/1764800000000-gather-usage.js';
import { LetGatewaysHoldLeases1764900000000 } from './migrations/1764900000000-let-gateways-hold-leases.js';
import { WatchKeys1764950000000 } from './migrations/1764950000000-watch-keys.js';
import { EnterAnnouncements1765000000000 } from './migrations/1765000000000-enter-announcements.js';

/**
 * What the keys service asks of the database's owner. Its role cannot delete keys, secrets or audit entries, cannot
 * change the audit log, and can change nothing that says whose a key is.
 */
export const keysMigrations: ServiceMigrations = {
  service: 'keys',
  migrations: [
    CreateKeys1763800000000,
    GiveKeysSecrets1764100000000,
    CreateUsage1764200000000,
    TellOrganizations1764300000000,
    NumberPeppers1764500000000,
    ReadAudit1764700000000,
    GatherUsage1764800000000,
    LetGatewaysHoldLeases1764900000000,
    WatchKeys1764950000000,
    EnterAnnouncements1765000000000,
  ],
  grants: [
    'GRANT SELECT, INSERT ON keys.api_keys TO {role}',
    `GRANT UPDATE (name, scopes, metadata, state, revision, expires_at, allowed_addresses, limits, remaining_uses,
                   revoked_at, revocation_reason, deleted_at) ON keys.api_keys TO {role}`,
    'GRANT SELECT, INSERT ON keys.key_secrets TO {role}',
    'GRANT UPDATE (ends_at, secret_hmac, pepper_version) ON keys.key_secrets TO {role}',
    'GRANT SELECT, INSERT ON keys.key_peppers TO {role}',
    'GRANT SELECT, INSERT, UPDATE ON keys.organizations TO {role}',
    'GRANT SELECT, INSERT ON keys.audit_entries TO {role}',
    'GRANT SELECT, INSERT ON keys.notices TO {role}',
    'GRANT UPDATE (read_at) ON keys.notices TO {role}',
    'GRANT SELECT, INSERT, UPDATE ON keys.rotation_reminders TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON keys.kept_answers TO {role}',
    'GRANT SELECT, UPDATE ON keys.change_counter TO {role}',
    'GRANT SELECT, INSERT, DELETE ON keys.key_changes, keys.announced_changes TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON keys.lease_holders TO {role}',
    'GRANT SELECT, INSERT, DELETE ON keys.usage_reports, keys.usage_requests, keys.usage_waiting TO {role}',
    'GRANT SELECT, INSERT, UPDATE ON keys.key_uses TO {role}',
    `GRANT SELECT, INSERT, UPDATE, DELETE
     ON keys.secret_uses, keys.usage_callers, keys.usage_hours, keys.usage_scopes TO {role}`,
  ],
};
