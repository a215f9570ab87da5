import { serve } from '@gatehouse/bus/serve.server';
import type { Api } from '@gatehouse/catalog/api';
import type { Contract } from '@gatehouse/contracts/contract';
import { getKey, issueKey as issueContract, listKeys, revokeKey as revokeContract } from '@gatehouse/contracts/keys';
import { digestKey, sealDigest } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { type IssueInput, issueKey } from './issue-key.js';
import { type AnswerClaim, claimOf, type KeptAnswer, openAnswer, sealAnswer } from './kept-answer.js';
import { isKeyId, newKeyId } from './key-id.js';
import { keyView } from './key-view.js';
import type { KeysStore } from './keys.store.js';
import { readCursor, writeCursor } from './list-cursor.js';
import { revokeKey } from './revoke-key.js';

/** Token of what the controller works with. */
export const LIFECYCLE = Symbol('lifecycle');

export interface LifecyclePorts {
  readonly store: KeysStore;
  readonly apis: ReadonlyMap<string, Api>;
  readonly secrets: { readonly pepper: Buffer; readonly cursor: Buffer; readonly answer: Buffer };
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Resolves when a committed change of this key holds on every replica. */
  readonly settle: (keyId: string, committedAtMs: number) => Promise<void>;
  readonly revokeTook: (seconds: number) => void;
}

type AnswerTo<Operation extends Contract> = z.input<Operation['output']>;
type IssueAnswer = AnswerTo<typeof issueContract>;

/** The life of a key over the bus: issue, list, get, revoke. */
@Controller()
export class KeysController {
  constructor(@Inject(LIFECYCLE) private readonly ports: LifecyclePorts) {}

  @MessagePattern(issueContract.subject)
  issue(@Payload() payload: unknown) {
    return serve(issueContract, payload, async (input) => {
      const claim = claimOf(input);
      const before = claim && (await this.ports.store.findAnswer(claim, this.ports.nowMs()));
      return claim && before ? this.answerAgain(claim, before) : this.issueOnce(input, claim);
    });
  }

  @MessagePattern(listKeys.subject)
  list(@Payload() payload: unknown) {
    return serve(
      listKeys,
      payload,
      async ({ actor, api, projectId, cursor, limit }): Promise<AnswerTo<typeof listKeys>> => {
        const { store, secrets } = this.ports;
        const scope = { organizationId: actor.organizationId, api, projectId };
        const after = cursor === undefined ? undefined : readCursor(secrets.cursor, scope, cursor);
        if (cursor !== undefined && after === undefined) {
          const message = 'This cursor does not belong to this list.';
          return { kind: 'refused', code: 'invalid_cursor', field: 'cursor', message };
        }
        const found = await store.list(scope, after, limit + 1);
        const page = found.slice(0, limit);
        const last = found.length > limit ? page.at(-1) : undefined;
        const nextCursor = last === undefined ? null : writeCursor(secrets.cursor, scope, last);
        return { kind: 'listed', keys: page.map((key) => keyView(key, this.ports.nowMs())), nextCursor };
      },
    );
  }

  @MessagePattern(getKey.subject)
  get(@Payload() payload: unknown) {
    return serve(getKey, payload, async ({ actor, keyId }): Promise<AnswerTo<typeof getKey>> => {
      const key = isKeyId(keyId) ? await this.ports.store.find(actor.organizationId, keyId) : undefined;
      return key === undefined ? { kind: 'not_found' } : { kind: 'found', key: keyView(key, this.ports.nowMs()) };
    });
  }

  @MessagePattern(revokeContract.subject)
  revoke(@Payload() payload: unknown) {
    return serve(
      revokeContract,
      payload,
      async ({ actor, keyId, reason }): Promise<AnswerTo<typeof revokeContract>> => {
        const { store, nowMs, monotonicMs } = this.ports;
        const startedAtMs = monotonicMs();
        if (!isKeyId(keyId)) return { kind: 'not_found' };
        const decision = await store.revoke(actor, keyId, (key) => revokeKey(key, reason, nowMs()));
        if (decision.kind === 'not_found') return { kind: 'not_found' };
        // Also where it was revoked before: who did that may have died between the commit and the end of the wait.
        await this.ports.settle(keyId, monotonicMs());
        this.ports.revokeTook((monotonicMs() - startedAtMs) / 1_000);
        return { kind: 'revoked', key: keyView(decision.key, nowMs()) };
      },
    );
  }

  private async issueOnce(input: IssueInput, claim: AnswerClaim | undefined): Promise<IssueAnswer> {
    const { store, apis, secrets } = this.ports;
    const nowMs = this.ports.nowMs();
    const decision = issueKey(input, apis.get(input.api), { nowMs, keyId: newKeyId(), mint: mintKey });
    if (decision.kind === 'refused') return decision;
    const { key, secret } = decision;
    const answer: IssueAnswer = { kind: 'issued', key: keyView(key, nowMs), secret };
    const kept = claim && { claim, answer: sealAnswer(secrets.answer, claim, answer) };
    const outcome = await store.issue(key, sealDigest(secrets.pepper, digestKey(secret)), input.actor, kept);
    if (outcome.kind === 'answered_before' && claim) return this.answerAgain(claim, outcome.answer);
    return answer;
  }

  /** What the first request with this Idempotency-Key got, the secret included, if this one asks for the same. */
  private answerAgain(claim: AnswerClaim, kept: KeptAnswer): IssueAnswer {
    if (!kept.requestHash.equals(claim.requestHash)) {
      const message = 'This Idempotency-Key was used for another request.';
      return { kind: 'refused', code: 'idempotency_conflict', message };
    }
    return openAnswer(this.ports.secrets.answer, claim, kept.sealed) as IssueAnswer;
  }
}
