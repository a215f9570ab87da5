import { serve } from '@gatehouse/bus/serve.server';
import {
  addPasskey,
  beginPasskey,
  beginPasskeySignIn,
  listPasskeys,
  passkeySignIn,
  removePasskey,
} from '@gatehouse/contracts/passkeys';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { DataSource } from 'typeorm';
import type { IdentityMetrics } from '../identity-metrics.js';
import { isProceeded } from '../sign-in/proceeded.js';
import { type IssueAccessToken, proceededAnswer } from '../sign-in/signed-in.js';
import * as own from './own-passkeys.store.js';
import * as signIn from './passkey-sign-in.store.js';
import type { Passkey } from './webauthn.js';

export const PASSKEYS_DOOR = Symbol('passkeys door');

export interface PasskeysDoor {
  readonly dataSource: DataSource;
  readonly settings: own.PasskeySettings;
  nowMs(): number;
  readonly issueAccessToken: IssueAccessToken;
  readonly metrics: IdentityMetrics;
}

/** Passkeys of the own account, and signing in with one. */
@Controller()
export class PasskeysController {
  constructor(@Inject(PASSKEYS_DOOR) private readonly door: PasskeysDoor) {}

  @MessagePattern(beginPasskey.subject)
  begin(@Payload() payload: unknown): Promise<unknown> {
    return serve(beginPasskey, payload, async ({ person }) => {
      const { dataSource, settings, nowMs } = this.door;
      const begun = await own.beginPasskey(dataSource, person, settings, nowMs());
      return typeof begun === 'string' ? { kind: begun } : { kind: 'options' as const, options: { ...begun } };
    });
  }

  @MessagePattern(addPasskey.subject)
  add(@Payload() payload: unknown): Promise<unknown> {
    return serve(addPasskey, payload, async ({ person, name, response }) => {
      const { dataSource, settings, nowMs } = this.door;
      const added = await own.addPasskey(dataSource, person, name, response, settings, nowMs());
      return typeof added === 'string' ? { kind: added } : { kind: 'added' as const, passkey: viewOf(added) };
    });
  }

  @MessagePattern(listPasskeys.subject)
  list(@Payload() payload: unknown): Promise<unknown> {
    return serve(listPasskeys, payload, async ({ person }) => {
      const found = await own.listPasskeys(this.door.dataSource, person, this.door.nowMs());
      return found === 'session_ended' ? { kind: found } : { kind: 'listed' as const, passkeys: found.map(viewOf) };
    });
  }

  @MessagePattern(removePasskey.subject)
  remove(@Payload() payload: unknown): Promise<unknown> {
    return serve(removePasskey, payload, async ({ person, passkeyId }) => {
      const { dataSource, settings, nowMs } = this.door;
      return { kind: await own.removePasskey(dataSource, person, passkeyId, settings, nowMs()) };
    });
  }

  @MessagePattern(beginPasskeySignIn.subject)
  beginSignIn(@Payload() payload: unknown): Promise<unknown> {
    return serve(beginPasskeySignIn, payload, async ({ challenge, origin }) => {
      const { dataSource, settings, nowMs } = this.door;
      const begun = await signIn.beginPasskeySignIn(dataSource, { challenge, origin }, settings, nowMs());
      return begun.kind === 'options' ? { ...begun, options: { ...begun.options } } : begun;
    });
  }

  @MessagePattern(passkeySignIn.subject)
  signIn(@Payload() payload: unknown): Promise<unknown> {
    return serve(passkeySignIn, payload, async ({ challenge, response, origin }) => {
      const { dataSource, settings, nowMs, metrics, issueAccessToken } = this.door;
      const shown = { challenge, response, origin };
      const outcome = await signIn.passkeySignIn(dataSource, shown, settings, nowMs());
      metrics.countSignIn(outcome.kind);
      return isProceeded(outcome) ? proceededAnswer(outcome, issueAccessToken) : outcome;
    });
  }
}

function viewOf({ id, name, createdAtMs, lastUsedAtMs }: Passkey) {
  return {
    id,
    name,
    createdAt: new Date(createdAtMs).toISOString(),
    lastUsedAt: lastUsedAtMs === null ? null : new Date(lastUsedAtMs).toISOString(),
  };
}
