import { serve } from '@gatehouse/bus/serve.server';
import {
  cancelRotation as cancelContract,
  finishRotation as finishContract,
  rotateKey as rotateContract,
} from '@gatehouse/contracts/keys';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { KeyDecision } from '../lifecycle/key-decision.js';
import type { KeyRecord } from '../lifecycle/key-record.js';
import { keyView, withOldSecret } from '../lifecycle/key-view.js';
import { LIFECYCLE, type LifecyclePorts } from '../lifecycle/lifecycle-ports.js';
import { makeChange } from '../lifecycle/make-change.js';
import { keyOutOfReach, secretOutOfReach } from '../lifecycle/out-of-reach.js';
import { sealNew } from '../secrets/peppers.js';
import { NEVER_USED } from '../usage/secret-use.js';
import { cancelRotation, finishRotation } from './end-rotation.js';
import { type RotateDecision, rotateKey } from './rotate-key.js';

type CancelRefused = 'permission_denied' | 'no_rotation' | 'key_revoked' | 'key_expired';

/** Rotation in place: a new secret for the same key, with a time in which both are good. */
@Controller()
export class RotationController {
  constructor(@Inject(LIFECYCLE) private readonly ports: LifecyclePorts) {}

  @MessagePattern(rotateContract.subject)
  rotate(@Payload() payload: unknown) {
    return serve(rotateContract, payload, async ({ actor, keyId, projectSlug, graceSeconds }) => {
      const { apis, nowMs, secrets } = this.ports;
      const seal = (secret: string) => sealNew(secrets.peppers, digestKey(secret));
      let rotated: Extract<RotateDecision, { kind: 'rotate' }> | undefined;
      const decide = (key: KeyRecord) => {
        const outOfReach = secretOutOfReach(actor, key, apis.get(key.api));
        if (outOfReach !== undefined) return outOfReach;
        const context = { nowMs: nowMs(), graceSeconds, projectSlug, mint: mintKey, seal };
        const decision = rotateKey(key, apis.get(key.api), context);
        if (decision.kind === 'refused') return decision;
        rotated = decision;
        return decision.decision;
      };
      const decision = await makeChange(this.ports, actor, keyId, decide);
      if (decision.kind === 'refused' || decision.kind === 'not_found') return decision;
      if (rotated === undefined) throw new Error('a key was changed that nobody has rotated');
      const key = withOldSecret(keyView(decision.key, apis.get(decision.key.api), nowMs()), NEVER_USED);
      return { kind: 'rotated' as const, key, secret: rotated.secret };
    });
  }

  @MessagePattern(finishContract.subject)
  finish(@Payload() payload: unknown) {
    return serve(finishContract, payload, (input) => this.end(input, finishRotation));
  }

  @MessagePattern(cancelContract.subject)
  cancel(@Payload() payload: unknown) {
    return serve(cancelContract, payload, (input) =>
      this.end<CancelRefused>(input, (key, nowMs) => keyOutOfReach(input.actor, key) ?? cancelRotation(key, nowMs)),
    );
  }

  private async end<Code extends string>(
    { actor, keyId }: { readonly actor: Parameters<typeof makeChange>[1]; readonly keyId: string },
    change: (key: KeyRecord, nowMs: number) => KeyDecision<Code>,
  ) {
    const { apis, nowMs } = this.ports;
    const decision = await makeChange(this.ports, actor, keyId, (key) => change(key, nowMs()));
    if (decision.kind === 'refused' || decision.kind === 'not_found') return decision;
    return { kind: 'changed' as const, key: keyView(decision.key, apis.get(decision.key.api), nowMs()) };
  }
}
