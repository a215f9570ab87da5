import type { RefusalCode } from '@gatehouse/catalog/refusals';
import type { RefusalValues } from '@gatehouse/catalog/render-refusal';
import type { refreshTokens, signInForTokens } from '@gatehouse/contracts/access-tokens';
import type { z } from 'zod';

type Outcome = z.output<typeof signInForTokens.output> | z.output<typeof refreshTokens.output>;

/** What an endpoint answers: tokens, or a refusal that the profile has words for. */
export type TokenAnswer =
  | { readonly kind: 'issued'; readonly body: string }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly values: RefusalValues };

/** Says what came of a sign-in or a refresh. The pair has the form of RFC 6749 section 5.1. */
export function tokenAnswer(outcome: Outcome): TokenAnswer {
  switch (outcome.kind) {
    case 'issued':
      return {
        kind: 'issued',
        body: JSON.stringify({
          access_token: outcome.accessToken,
          refresh_token: outcome.refreshToken,
          expires_in: outcome.accessTokenTtlSeconds,
          token_type: 'Bearer',
          ...(outcome.newBackupCodes === null ? {} : { backup_codes: outcome.newBackupCodes }),
        }),
      };
    case 'second_factor_required': {
      const { challenge, methods, expiresInSeconds } = outcome;
      return refusedToken(outcome.kind, { second_factor: { challenge, methods, expires_in: expiresInSeconds } });
    }
    case 'too_many_attempts':
      return refusedToken(outcome.kind, { retry_after: outcome.retryAfterSeconds });
    case 'busy':
      return refusedToken('sign_in_unavailable', { retry_after: outcome.retryAfterSeconds });
    case 'refused':
      return refusedToken('refresh_token_invalid');
    default:
      return refusedToken(outcome.kind);
  }
}

export function refusedToken(code: RefusalCode, values: RefusalValues = {}): TokenAnswer {
  return { kind: 'refused', code, values };
}
