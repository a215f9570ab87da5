import { serve } from '@gatehouse/bus/serve.server';
import { rotateSigningKeys } from '@gatehouse/contracts/access-tokens';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Origin } from '../origin.js';
import type { LiveKeyRing } from './live-key-ring.js';

export const SIGNING_KEYS_DOOR = Symbol('signing keys door');

export interface SigningKeysDoor {
  readonly keys: LiveKeyRing;
  /** @returns false where the account does not run this installation */
  rotate(change: { readonly accountId: string; readonly drop: boolean; readonly origin: Origin }): Promise<boolean>;
}

/** What the operator decides about the keys that tokens are signed with. */
@Controller()
export class SigningKeysController {
  constructor(@Inject(SIGNING_KEYS_DOOR) private readonly door: SigningKeysDoor) {}

  @MessagePattern(rotateSigningKeys.subject)
  rotate(@Payload() payload: unknown): Promise<unknown> {
    return serve(rotateSigningKeys, payload, async (change) => {
      if (!(await this.door.rotate(change))) return { kind: 'not_permitted' as const };
      const { keys } = this.door;
      await keys.reload();
      return { kind: 'rotated' as const, currentKid: keys.current.kid, publishedKids: [...keys.published.keys()] };
    });
  }
}
