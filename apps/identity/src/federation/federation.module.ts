import type { Provider, Type } from '@nestjs/common';
import { FederationController } from './federation.controller.js';
import { FEDERATION_DOOR, type FederationDoor } from './federation-door.js';
import { IdentitiesController } from './identities.controller.js';

export const FEDERATION_CONTROLLERS: readonly Type[] = [FederationController, IdentitiesController];

/** What stands behind sign-ins with GitHub or single sign-on; its door is made by the start, which tells whether it needs HTTP. */
export function federationProviders({ federation }: { readonly federation: FederationDoor }): Provider[] {
  return [{ provide: FEDERATION_DOOR, useValue: federation }];
}
