import { serve } from '@gatehouse/bus/serve.server';
import { judgeAccessToken } from '@gatehouse/contracts/access-tokens';
import { publishedKeys } from '@gatehouse/contracts/identity';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type JudgeForApiPorts, judgeForApi } from './judge-for-api.js';
import { type KeyRing, publicJwk } from './signing-key.js';

export const TOKENS_DOOR = Symbol('tokens door');

export interface TokensDoor {
  readonly keys: KeyRing;
  readonly judge: JudgeForApiPorts;
}

/** What others need to check our tokens, and whose they are. */
@Controller()
export class TokensController {
  constructor(@Inject(TOKENS_DOOR) private readonly door: TokensDoor) {}

  @MessagePattern(publishedKeys.subject)
  publishedKeys(@Payload() payload: unknown): Promise<unknown> {
    return serve(publishedKeys, payload, () => ({
      kind: 'jwks' as const,
      keys: [...this.door.keys.published.values()].map(publicJwk),
    }));
  }

  @MessagePattern(judgeAccessToken.subject)
  judge(@Payload() payload: unknown): Promise<unknown> {
    return serve(judgeAccessToken, payload, async (token) => {
      const judged = await judgeForApi(token, this.door.judge);
      if (judged.kind === 'refused') return judged;
      const { accountId, sessionId, membership, standing } = judged;
      const { organizationId, role } = membership;
      return { kind: 'valid' as const, accountId, sessionId, organizationId, role, ...standing };
    });
  }
}
