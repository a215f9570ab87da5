import { serve } from '@gatehouse/bus/serve.server';
import { publishedKeys } from '@gatehouse/contracts/identity';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type KeyRing, publicJwk } from './signing-key.js';

export const KEY_RING = Symbol('key ring');

/** What others need to check our tokens. */
@Controller()
export class TokensController {
  constructor(@Inject(KEY_RING) private readonly keys: KeyRing) {}

  @MessagePattern(publishedKeys.subject)
  publishedKeys(@Payload() payload: unknown): Promise<unknown> {
    return serve(publishedKeys, payload, () => ({
      kind: 'jwks' as const,
      keys: [...this.keys.published.values()].map(publicJwk),
    }));
  }
}
