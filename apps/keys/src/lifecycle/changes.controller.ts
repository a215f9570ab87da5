import { serve } from '@gatehouse/bus/serve.server';
import type { Actor } from '@gatehouse/contracts/actor';
import {
  disableKey as disableContract,
  enableKey as enableContract,
  type KeyView,
  removeKey as removeContract,
  revokeKey as revokeContract,
  updateKey as updateContract,
} from '@gatehouse/contracts/keys';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { disableKey, enableKey, removeKey, revokeKey } from './change-state.js';
import type { KeyDecision } from './key-decision.js';
import type { KeyRecord } from './key-record.js';
import { keyView } from './key-view.js';
import { LIFECYCLE, type LifecyclePorts } from './lifecycle-ports.js';
import { makeChange } from './make-change.js';
import { keyOutOfReach } from './out-of-reach.js';
import { updateKey } from './update-key.js';

type EnableRefused = 'permission_denied' | 'key_revoked' | 'key_expired';

/** What can happen to a key between its creation and its end. */
@Controller()
export class ChangesController {
  constructor(@Inject(LIFECYCLE) private readonly ports: LifecyclePorts) {}

  @MessagePattern(updateContract.subject)
  update(@Payload() payload: unknown) {
    return serve(updateContract, payload, async (input) => {
      const { apis, nowMs } = this.ports;
      const decide = (key: KeyRecord) =>
        keyOutOfReach(input.actor, key) ?? updateKey(key, input, apis.get(key.api), nowMs());
      const decision = await makeChange(this.ports, input.actor, input.keyId, decide);
      if (decision.kind === 'refused' || decision.kind === 'not_found') return decision;
      return { kind: 'updated' as const, key: this.view(decision.key) };
    });
  }

  @MessagePattern(disableContract.subject)
  disable(@Payload() payload: unknown) {
    return serve(disableContract, payload, ({ actor, keyId }) => this.changeState(actor, keyId, disableKey));
  }

  @MessagePattern(enableContract.subject)
  enable(@Payload() payload: unknown) {
    return serve(enableContract, payload, ({ actor, keyId }) =>
      this.changeState<EnableRefused>(actor, keyId, (key, nowMs) => keyOutOfReach(actor, key) ?? enableKey(key, nowMs)),
    );
  }

  @MessagePattern(revokeContract.subject)
  revoke(@Payload() payload: unknown) {
    return serve(revokeContract, payload, async ({ actor, keyId, reason }) => {
      const startedAtMs = this.ports.monotonicMs();
      const decide = (key: KeyRecord) => revokeKey(key, reason, this.ports.nowMs());
      const decision = await makeChange(this.ports, actor, keyId, decide);
      if (decision.kind === 'refused' || decision.kind === 'not_found') return { kind: 'not_found' as const };
      this.ports.revokeTook((this.ports.monotonicMs() - startedAtMs) / 1_000);
      if (decision.settlement === undefined) throw new Error('a revoke was not settled');
      const settlement = { ...decision.settlement, heldAt: new Date(this.ports.nowMs()).toISOString() };
      return { kind: 'revoked' as const, key: this.view(decision.key), settlement };
    });
  }

  @MessagePattern(removeContract.subject)
  remove(@Payload() payload: unknown) {
    return serve(removeContract, payload, async ({ actor, keyId }) => {
      const decide = (key: KeyRecord) => removeKey(key, this.ports.nowMs());
      const decision = await makeChange(this.ports, actor, keyId, decide, { removed: true });
      return { kind: decision.kind === 'not_found' ? ('not_found' as const) : ('removed' as const) };
    });
  }

  private async changeState<Code extends string>(
    actor: Actor,
    keyId: string,
    change: (key: KeyRecord, nowMs: number) => KeyDecision<Code>,
  ) {
    const decision = await makeChange(this.ports, actor, keyId, (key) => change(key, this.ports.nowMs()));
    if (decision.kind === 'refused' || decision.kind === 'not_found') return decision;
    return { kind: 'changed' as const, key: this.view(decision.key) };
  }

  private view(key: KeyRecord): KeyView {
    return keyView(key, this.ports.apis.get(key.api), this.ports.nowMs());
  }
}
