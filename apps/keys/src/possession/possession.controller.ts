import { serve } from '@gatehouse/bus/serve.server';
import { type Actor, roleSchema } from '@gatehouse/contracts/actor';
import { selfRevokeKey } from '@gatehouse/contracts/possession';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { KeyRecord } from '../lifecycle/key-record.js';
import { LIFECYCLE, type LifecyclePorts } from '../lifecycle/lifecycle-ports.js';
import { makeChange } from '../lifecycle/make-change.js';
import type { KeyOfSecret, PossessionStore } from './possession.store.js';
import { selfRevoke } from './self-revoke.js';

/** Token of how the controller finds the key of a secret. */
export const POSSESSION = Symbol('possession');

/** What whoever holds a secret may ask for. */
@Controller()
export class PossessionController {
  constructor(
    @Inject(LIFECYCLE) private readonly ports: LifecyclePorts,
    @Inject(POSSESSION) private readonly store: Pick<PossessionStore, 'find'>,
  ) {}

  @MessagePattern(selfRevokeKey.subject)
  selfRevoke(@Payload() payload: unknown) {
    return serve(selfRevokeKey, payload, async ({ digest, reason, address, requestId }) => {
      const startedAtMs = this.ports.monotonicMs();
      const found = await this.store.find(Buffer.from(digest, 'hex'));
      if (found === undefined) return { kind: 'unknown' as const };
      const { keyId, generation } = found;
      const decide = (key: KeyRecord) => selfRevoke(key, generation, reason, this.ports.nowMs());
      const by = itself(found, address, requestId);
      const decision = await makeChange(this.ports, by, keyId, decide, { removed: true });
      if (decision.kind === 'refused') return { kind: decision.code };
      if (decision.kind === 'not_found') return { kind: 'unknown' as const };
      this.ports.revokeTook((this.ports.monotonicMs() - startedAtMs) / 1_000);
      const { revokedAtMs, revocationReason } = decision.key;
      if (revokedAtMs === null) throw new Error('a revoked key does not say since when');
      return { kind: 'revoked' as const, keyId, revokedAt: new Date(revokedAtMs).toISOString(), revocationReason };
    });
  }
}

/** The key as the actor of its own end. */
function itself({ keyId, organizationId, creatorRole }: KeyOfSecret, address: string, requestId: string): Actor {
  // No decision goes by it here, so a role that is not known any more must not keep a key alive.
  const role = roleSchema.catch('viewer').parse(creatorRole);
  return { accountId: keyId, organizationId, role, address, requestId };
}
