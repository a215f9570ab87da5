import { serve } from '@gatehouse/bus/serve.server';
import type { Contract } from '@gatehouse/contracts/contract';
import { getKey, issueKey as issueContract, listKeys } from '@gatehouse/contracts/keys';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { sealNew } from '../secrets/peppers.js';
import { type IssueInput, issueKey } from './issue-key.js';
import { type AnswerClaim, claimOf, type KeptAnswer, openAnswer, sealAnswer } from './kept-answer.js';
import { isKeyId, newKeyId } from './key-id.js';
import { keyView, withOldSecret } from './key-view.js';
import { LIFECYCLE, type LifecyclePorts } from './lifecycle-ports.js';
import { readCursor, writeCursor } from './list-cursor.js';

type AnswerTo<Operation extends Contract> = z.input<Operation['output']>;
type IssueAnswer = AnswerTo<typeof issueContract>;

/** How a key comes into being, and how keys are looked at. */
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
      async ({ actor, api, projectId, createdBy, cursor, limit }): Promise<AnswerTo<typeof listKeys>> => {
        const { store, secrets, apis, nowMs } = this.ports;
        const scope = { organizationId: actor.organizationId, api, projectId, createdBy };
        const after = cursor === undefined ? undefined : readCursor(secrets.cursor, scope, cursor);
        if (cursor !== undefined && after === undefined) {
          const message = 'This cursor does not belong to this list.';
          return { kind: 'refused', code: 'invalid_cursor', field: 'cursor', message };
        }
        const found = await store.list(scope, after, limit + 1);
        const page = found.slice(0, limit);
        const last = found.length > limit ? page.at(-1) : undefined;
        const nextCursor = last === undefined ? null : writeCursor(secrets.cursor, scope, last);
        return { kind: 'listed', keys: page.map((key) => keyView(key, apis.get(key.api), nowMs())), nextCursor };
      },
    );
  }

  @MessagePattern(getKey.subject)
  get(@Payload() payload: unknown) {
    return serve(getKey, payload, async ({ actor, keyId }): Promise<AnswerTo<typeof getKey>> => {
      const { store, usage, apis, nowMs } = this.ports;
      const key = isKeyId(keyId) ? await store.find(actor.organizationId, keyId) : undefined;
      if (key === undefined) return { kind: 'not_found' };
      const view = keyView(key, apis.get(key.api), nowMs());
      if (view.rotation === null) return { kind: 'found', key: view };
      const oldSecretUse = await usage.oldSecretUse(keyId, view.rotation.oldGeneration);
      return { kind: 'found', key: withOldSecret(view, oldSecretUse) };
    });
  }

  private async issueOnce(input: IssueInput, claim: AnswerClaim | undefined): Promise<IssueAnswer> {
    const { store, apis, secrets } = this.ports;
    const nowMs = this.ports.nowMs();
    const api = apis.get(input.api);
    const decision = issueKey(input, api, { nowMs, keyId: newKeyId(), mint: mintKey });
    if (decision.kind === 'refused') return decision;
    const { key, secret } = decision;
    const answer: IssueAnswer = { kind: 'issued', key: keyView(key, api, nowMs), secret };
    const newKey = {
      key,
      sealed: sealNew(secrets.peppers, digestKey(secret)),
      plan: input.plan,
      keysMaxOf: (plan: string) => (api?.plans[plan] ?? api?.plans[api.profile.defaultPlan])?.keysMax ?? null,
      kept: claim && { claim, answer: sealAnswer(secrets.answer, claim, answer) },
    };
    const outcome = await store.issue(newKey, input.actor);
    if (outcome.kind === 'answered_before' && claim) return this.answerAgain(claim, outcome.answer);
    if (outcome.kind === 'quota_reached') {
      const message = `The plan allows ${outcome.keysMax} keys of this API. Revoke one, or change the plan.`;
      return { kind: 'refused', code: 'key_quota_reached', message };
    }
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
