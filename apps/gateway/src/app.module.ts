import type { Catalog } from '@gatehouse/catalog/api';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { UpstreamIdentityJwk } from './edge/identity-token.js';
import { AccessGuard } from './management/access.guard.js';
import { DiscoveryController } from './management/discovery.controller.js';
import { KeysController } from './management/keys.controller.js';
import { OrganizationsController } from './management/organizations.controller.js';
import type { AskService } from './management/services.client.js';
import { CATALOG, type ManagementSettings, SERVICES, SETTINGS, UPSTREAM_IDENTITY_KEYS } from './management/settings.js';
import { SignInController } from './management/sign-in.controller.js';
import { PagesController } from './pages/pages.controller.js';

/** Everything that answers on the platform's own host. */
export const CONTROLLERS: readonly Type[] = [
  SignInController,
  KeysController,
  OrganizationsController,
  DiscoveryController,
  PagesController,
];

/** What the management API is made of. */
export interface GatewayParts {
  readonly settings: ManagementSettings;
  readonly catalog: Catalog;
  readonly ask: AskService;
  readonly upstreamIdentityKeys: readonly UpstreamIdentityJwk[];
}

@Module({})
class GatewayModule {}

/** The only wiring of the management API. */
export function gatewayModule({ settings, catalog, ask, upstreamIdentityKeys }: GatewayParts): DynamicModule {
  return {
    module: GatewayModule,
    controllers: [...CONTROLLERS],
    providers: [
      { provide: SETTINGS, useValue: settings },
      { provide: CATALOG, useValue: catalog },
      { provide: SERVICES, useValue: ask },
      { provide: UPSTREAM_IDENTITY_KEYS, useValue: upstreamIdentityKeys },
      { provide: APP_GUARD, useFactory: () => new AccessGuard(settings, ask) },
    ],
  };
}
