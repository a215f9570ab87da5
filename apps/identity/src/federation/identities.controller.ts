import { serve } from '@gatehouse/bus/serve.server';
import { listIdentities, listProviders, unlinkIdentity } from '@gatehouse/contracts/federation';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { FEDERATION_DOOR, type FederationDoor } from './federation-door.js';

/** Which providers there are, and which identities at them open an account. */
@Controller()
export class IdentitiesController {
  constructor(@Inject(FEDERATION_DOOR) private readonly door: FederationDoor) {}

  @MessagePattern(listProviders.subject)
  providers(@Payload() payload: unknown): Promise<unknown> {
    return serve(listProviders, payload, () => ({ kind: 'listed' as const, providers: [...this.door.configured] }));
  }

  @MessagePattern(listIdentities.subject)
  list(@Payload() payload: unknown): Promise<unknown> {
    return serve(listIdentities, payload, async ({ accountId }) => {
      const identities = await this.door.identitiesOf(accountId);
      return {
        kind: 'listed' as const,
        identities: identities.map(({ createdAtMs, lastUsedAtMs, ...identity }) => ({
          ...identity,
          createdAt: new Date(createdAtMs).toISOString(),
          lastUsedAt: new Date(lastUsedAtMs).toISOString(),
        })),
      };
    });
  }

  @MessagePattern(unlinkIdentity.subject)
  unlink(@Payload() payload: unknown): Promise<unknown> {
    return serve(unlinkIdentity, payload, async ({ person, identityId }) => ({
      kind: await this.door.unlink(person, identityId),
    }));
  }
}
