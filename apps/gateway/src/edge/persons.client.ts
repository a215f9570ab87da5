import { call } from '@gatehouse/bus/call.client';
import { scopesOfRole } from '@gatehouse/catalog/scopes-of-role';
import { WINDOW_SECONDS, type WindowName } from '@gatehouse/catalog/window-seconds';
import { judgeAccessToken } from '@gatehouse/contracts/access-tokens';
import type { Quotas } from '@gatehouse/contracts/keys';
import type { KeyQuota } from '@gatehouse/key-domain/key';
import type { Logger } from '@gatehouse/observability/logger';
import type { ClientProxy } from '@nestjs/microservices';
import type { FindPerson } from './authorize-token.js';

export interface PersonsClientSettings {
  readonly client: ClientProxy;
  readonly logger: Logger;
  readonly deadlineMs: number;
  readonly onExchange: (seconds: number) => void;
  readonly monotonicMs: () => number;
}

/**
 * The port `findPerson`: each request asks identity about its own token, alone, and nothing of the answer is kept. So a
 * token that stands for nobody any more is refused with the next request, and no request gets the answer of another.
 */
export function personsClient(settings: PersonsClientSettings): FindPerson {
  const { client, logger, deadlineMs, onExchange, monotonicMs } = settings;
  return async (accessToken, api) => {
    const accepts = api.profile.tokens?.accepts ?? [];
    if (accepts.length === 0) return 'token_invalid';
    const startedMs = monotonicMs();
    try {
      const answer = await call(client, judgeAccessToken, { accessToken, api: api.name, accepts }, deadlineMs);
      onExchange((monotonicMs() - startedMs) / 1000);
      if (answer.kind === 'refused') return answer.code;
      const { accountId, sessionId, organizationId, plan, role, limits, suspended } = answer;
      return {
        api: api.name,
        accountId,
        sessionId,
        organizationId,
        plan,
        scopes: scopesOfRole(api.profile, role),
        organizationLimits:
          limits === null ? null : { key: quotasOf(limits.key), organization: quotasOf(limits.organization) },
        organizationSuspended: suspended,
      };
    } catch (error) {
      logger.debug({ err: error }, 'an access token could not be checked');
      return 'unavailable';
    }
  };
}

function quotasOf(quotas: Quotas | null): readonly KeyQuota[] | null {
  if (quotas === null) return null;
  return Object.entries(quotas).map(([window, quota]) => ({
    windowSeconds: WINDOW_SECONDS[window as WindowName],
    quota,
  }));
}
