import type { Provider, Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { IdentityMetrics } from '../identity-metrics.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { AccessTokens } from '../tokens/access-tokens.js';
import { PASSKEYS_DOOR, PasskeysController, type PasskeysDoor } from './passkeys.controller.js';
import { relyingParty } from './webauthn.js';

interface PasskeysParts {
  readonly dataSource: DataSource;
  readonly mailing: Mailing;
  readonly tokens: AccessTokens;
  readonly metrics: IdentityMetrics;
  nowMs(): number;
}

export const PASSKEY_CONTROLLERS: readonly Type[] = [PasskeysController];

/** What stands behind passkeys. */
export function passkeyProviders({ dataSource, mailing, tokens, metrics, nowMs }: PasskeysParts): Provider[] {
  const settings = { party: relyingParty(tokens.issuer), mailing };
  const door: PasskeysDoor = { dataSource, settings, nowMs, metrics, issueAccessToken: tokens.issueFor };
  return [{ provide: PASSKEYS_DOOR, useValue: door }];
}
