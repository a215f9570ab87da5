import { type DynamicModule, Module } from '@nestjs/common';
import { AUDIT, AuditController, type AuditPorts } from './audit/audit.controller.js';
import { IMPORTS, ImportsController, type ImportsPorts } from './import/imports.controller.js';
import { LEAKS, LeaksController, type LeaksPorts } from './leaks/leaks.controller.js';
import type { HoldersStore } from './lease/holders.store.js';
import { GATEWAY_HOLDERS, LeasesController } from './lease/leases.controller.js';
import { ChangesController } from './lifecycle/changes.controller.js';
import { KeysController } from './lifecycle/keys.controller.js';
import { LIFECYCLE, type LifecyclePorts } from './lifecycle/lifecycle-ports.js';
import { NOTICES, NoticesController, type NoticesPorts } from './notices/notices.controller.js';
import {
  ORGANIZATIONS,
  OrganizationsController,
  type OrganizationsPorts,
} from './organizations/organizations.controller.js';
import { POSSESSION, PossessionController } from './possession/possession.controller.js';
import type { PossessionStore } from './possession/possession.store.js';
import { RotationController } from './rotation/rotation.controller.js';
import { USAGE, UsageController, type UsagePorts } from './usage/usage.controller.js';

@Module({})
class AppModule {}

/** What the service's message patterns work with. */
export interface KeysParts {
  readonly lifecycle: LifecyclePorts;
  readonly organizations: OrganizationsPorts;
  readonly usage: UsagePorts;
  readonly possession: PossessionStore;
  readonly leaks: LeaksPorts;
  readonly notices: NoticesPorts;
  readonly imports: ImportsPorts;
  readonly audit: AuditPorts;
  readonly gatewayHolders: HoldersStore;
}

const CONTROLLERS = [
  KeysController,
  ChangesController,
  RotationController,
  PossessionController,
  OrganizationsController,
  UsageController,
  ImportsController,
  LeaksController,
  NoticesController,
  AuditController,
  LeasesController,
];

/** The composition of the service's message patterns; everything that they use comes in from start.ts. */
export function appModule(parts: KeysParts): DynamicModule {
  return {
    module: AppModule,
    controllers: CONTROLLERS,
    providers: [
      { provide: LIFECYCLE, useValue: parts.lifecycle },
      { provide: ORGANIZATIONS, useValue: parts.organizations },
      { provide: USAGE, useValue: parts.usage },
      { provide: LEAKS, useValue: parts.leaks },
      { provide: NOTICES, useValue: parts.notices },
      { provide: AUDIT, useValue: parts.audit },
      { provide: IMPORTS, useValue: parts.imports },
      { provide: GATEWAY_HOLDERS, useValue: parts.gatewayHolders },
      { provide: POSSESSION, useValue: parts.possession },
    ],
  };
}
