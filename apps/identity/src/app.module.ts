import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import { type DynamicModule, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ACCOUNT_CONTROLLERS, accountProviders } from './accounts/accounts.module.js';
import { FEDERATION_CONTROLLERS, federationProviders } from './federation/federation.module.js';
import type { FederationDoor } from './federation/federation-door.js';
import { GRANT_CONTROLLERS, grantProviders } from './grants/grants.module.js';
import type { IdentityMetrics } from './identity-metrics.js';
import type { Mailing } from './mail/mailing.store.js';
import { MEMBER_CONTROLLERS, memberProviders } from './members/members.module.js';
import { ORGANIZATION_CONTROLLERS, organizationProviders } from './organizations/organizations.module.js';
import { PASSKEY_CONTROLLERS, passkeyProviders } from './passkeys/passkeys.module.js';
import type { PasswordHasher } from './password/hasher.js';
import type { StoredHash } from './password/stored-hash.js';
import { RECOVERY_CONTROLLERS, recoveryProviders } from './recovery/recovery.module.js';
import { SECOND_FACTOR_CONTROLLERS, secondFactorProviders } from './second-factor/second-factor.module.js';
import { SESSION_CONTROLLERS, sessionProviders } from './sessions/sessions.module.js';
import { SIGN_IN_CONTROLLERS, signInProviders } from './sign-in/sign-in.module.js';
import type { AccessTokens } from './tokens/access-tokens.js';
import type { LiveKeyRing } from './tokens/live-key-ring.js';
import { TOKEN_CONTROLLERS, tokenProviders } from './tokens/tokens.module.js';

/** What a start has made ready before the doors open. */
export interface IdentityParts {
  readonly dataSource: DataSource;
  readonly minPasswordLength: number;
  readonly keys: LiveKeyRing;
  readonly tokens: AccessTokens;
  readonly hasher: PasswordHasher;
  readonly dummy: StoredHash;
  readonly passwordWork: BoundedQueue;
  readonly metrics: IdentityMetrics;
  readonly mailing: Mailing;
  readonly federation: FederationDoor;
  /** Derives the secret of a purpose from the root secret. */
  secretFor(purpose: string): Buffer;
  nowMs(): number;
}

@Module({})
class AppModule {}

/** The doors of this service. Each folder says itself which store and which secret stands behind its own. */
export function identityModule(parts: IdentityParts): DynamicModule {
  return {
    module: AppModule,
    controllers: [
      ...SIGN_IN_CONTROLLERS,
      ...SECOND_FACTOR_CONTROLLERS,
      ...PASSKEY_CONTROLLERS,
      ...FEDERATION_CONTROLLERS,
      ...RECOVERY_CONTROLLERS,
      ...SESSION_CONTROLLERS,
      ...GRANT_CONTROLLERS,
      ...TOKEN_CONTROLLERS,
      ...ACCOUNT_CONTROLLERS,
      ...ORGANIZATION_CONTROLLERS,
      ...MEMBER_CONTROLLERS,
    ],
    providers: [
      ...signInProviders(parts),
      ...secondFactorProviders(parts),
      ...passkeyProviders(parts),
      ...federationProviders(parts),
      ...recoveryProviders(parts),
      ...sessionProviders(parts),
      ...grantProviders(parts),
      ...tokenProviders(parts),
      ...accountProviders(parts),
      ...organizationProviders(parts),
      ...memberProviders(parts),
    ],
  };
}
