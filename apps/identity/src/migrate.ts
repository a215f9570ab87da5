import type { ServiceMigrations } from '@gatehouse/postgres/migrate.client';
import { CreatePeople1764000000000 } from './migrations/create-people.js';
import { InviteMembers1764650000000 } from './migrations/invite-members.js';
import { IssueTokens1764620000000 } from './migrations/issue-tokens.js';
import { KeepSecondFactors1764630000000 } from './migrations/keep-second-factors.js';
import { LetOrganizationsStand1764100000000 } from './migrations/let-organizations-stand.js';
import { LetPeopleIn1764600000000 } from './migrations/let-people-in.js';
import { LetPeopleSignUp1764640000000 } from './migrations/let-people-sign-up.js';
import { LinkIdentities1764610000000 } from './migrations/link-identities.js';

/** The schema of this service, and what its role may do there: the audit log can be added to, never changed. */
export const identityMigrations: ServiceMigrations = {
  service: 'identity',
  migrations: [
    CreatePeople1764000000000,
    LetOrganizationsStand1764100000000,
    LetPeopleIn1764600000000,
    KeepSecondFactors1764630000000,
    LetPeopleSignUp1764640000000,
    LinkIdentities1764610000000,
    IssueTokens1764620000000,
    InviteMembers1764650000000,
  ],
  grants: [
    'GRANT SELECT, INSERT, UPDATE, DELETE ON identity.accounts, identity.passwords, identity.sign_in_attempts, identity.sessions, identity.claim_tokens, identity.signing_keys, identity.organizations, identity.memberships, identity.projects TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON identity.sign_in_challenges, identity.one_time_tokens, identity.mails, identity.totp_secrets, identity.backup_codes, identity.passkeys, identity.invitations TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON identity.pending_sign_ups, identity.known_devices, identity.allowances, identity.asked_mails TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON identity.federated_identities, identity.unlinked_identities, identity.federation_round_trips TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON identity.totp_enrolments, identity.second_factor_attempts, identity.recoveries TO {role}',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON identity.grants, identity.refresh_tokens TO {role}',
    'GRANT SELECT, INSERT ON identity.installation, identity.audit_events TO {role}',
  ],
};
