import type { Catalog } from '@gatehouse/catalog/api';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { UpstreamIdentityJwk } from './edge/identity-token.js';
import { LeaksController, SIGNING_KEYS } from './leaks/leaks.controller.js';
import { NoticesController } from './leaks/notices.controller.js';
import type { SigningKeys } from './leaks/signing-keys.js';
import { LimitCheckController } from './limits/limit-check.controller.js';
import { AccessGuard } from './management/access.guard.js';
import { DiscoveryController } from './management/discovery.controller.js';
import { ImportsController } from './management/imports.controller.js';
import { KeyChangesController } from './management/key-changes.controller.js';
import { KeysController } from './management/keys.controller.js';
import { OrganizationsController } from './management/organizations.controller.js';
import type { AskService } from './management/services.client.js';
import {
  CATALOG,
  IMPORT_PEPPERS,
  type ManagementSettings,
  SERVICES,
  SETTINGS,
  UPSTREAM_IDENTITY_KEYS,
  VERIFICATION,
} from './management/settings.js';
import { SignInController } from './management/sign-in.controller.js';
import { StandingController } from './management/standing.controller.js';
import { UsageController } from './management/usage.controller.js';
import { PagesController } from './pages/pages.controller.js';
import { AccountsController } from './people/accounts.controller.js';
import { AuditController } from './people/audit.controller.js';
import { EmailsController } from './people/emails.controller.js';
import { FederationController, IDENTITY_HTTP } from './people/federation.controller.js';
import type { IdentityHttp } from './people/identity-http.client.js';
import { InvitationsController } from './people/invitations.controller.js';
import { MembersController } from './people/members.controller.js';
import { OrganizationSecurityController } from './people/organization-security.controller.js';
import { PasskeysController } from './people/passkeys.controller.js';
import { PasswordsController } from './people/passwords.controller.js';
import { RecoveryController } from './people/recovery.controller.js';
import { SecondFactorController } from './people/second-factor.controller.js';
import { SessionsController } from './people/sessions.controller.js';
import { SignUpController } from './people/sign-up.controller.js';
import type { ImportPeppers } from './routes/imported-forms.js';
import { OauthController } from './tokens/oauth.controller.js';
import { SigningKeysController } from './tokens/signing-keys.controller.js';
import { judgeManagementKey } from './verification/judge-management-key.js';
import { PossessionController } from './verification/possession.controller.js';
import { VerifyController } from './verification/verify.controller.js';
import type { VerificationPorts } from './verification/verify-key.js';

/** Everything that answers on the platform's own host. */
export const CONTROLLERS: readonly Type[] = [
  SignInController,
  SessionsController,
  PasskeysController,
  SignUpController,
  PasswordsController,
  EmailsController,
  AccountsController,
  FederationController,
  SecondFactorController,
  RecoveryController,
  OrganizationSecurityController,
  KeysController,
  KeyChangesController,
  UsageController,
  ImportsController,
  VerifyController,
  PossessionController,
  LimitCheckController,
  OrganizationsController,
  MembersController,
  InvitationsController,
  AuditController,
  StandingController,
  DiscoveryController,
  OauthController,
  SigningKeysController,
  LeaksController,
  NoticesController,
  PagesController,
];

/** What the management API is made of. */
export interface GatewayParts {
  readonly settings: ManagementSettings;
  readonly catalog: Catalog;
  readonly ask: AskService;
  /** Undefined: it is not said where identity's HTTP port is, and nobody signs in with a provider. */
  readonly identityHttp: IdentityHttp | undefined;
  readonly upstreamIdentityKeys: readonly UpstreamIdentityJwk[];
  /** Public keys that reports of leaks are signed with. */
  readonly signingKeys: SigningKeys;
  /** Of former systems whose keys go on working. */
  readonly importPeppers: ImportPeppers;
  /** What keys are judged with, as on the data plane. */
  readonly verification: VerificationPorts;
}

@Module({})
class GatewayModule {}

/** The only wiring of the management API. */
export function gatewayModule({
  settings,
  catalog,
  ask,
  identityHttp,
  upstreamIdentityKeys,
  signingKeys,
  importPeppers,
  verification,
}: GatewayParts): DynamicModule {
  return {
    module: GatewayModule,
    controllers: [...CONTROLLERS],
    providers: [
      { provide: SETTINGS, useValue: settings },
      { provide: CATALOG, useValue: catalog },
      { provide: SERVICES, useValue: ask },
      { provide: IDENTITY_HTTP, useValue: identityHttp },
      { provide: UPSTREAM_IDENTITY_KEYS, useValue: upstreamIdentityKeys },
      { provide: SIGNING_KEYS, useValue: signingKeys },
      { provide: IMPORT_PEPPERS, useValue: importPeppers },
      { provide: VERIFICATION, useValue: verification },
      { provide: APP_GUARD, useFactory: () => new AccessGuard(settings, ask, judgeManagementKey(verification)) },
    ],
  };
}
