import { serve } from '@gatehouse/bus/serve.server';
import type { Contract } from '@gatehouse/contracts/contract';
import { getScopeUse, getUsage, listRequests } from '@gatehouse/contracts/usage';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { isKeyId } from '../lifecycle/key-id.js';
import type { KeyRecord } from '../lifecycle/key-record.js';
import { proposeScopes } from './propose-scopes.js';
import { readRequestCursor, writeRequestCursor } from './request-cursor.js';
import { dayStart, usagePeriod } from './usage-period.js';
import type { UsageReadingsStore } from './usage-readings.store.js';
import { lastUsedView, requestView, scopesView, secretUsageView, stepsView } from './usage-view.js';

/** Token of what the controller works with. */
export const USAGE = Symbol('usage');

export interface UsagePorts {
  readonly readings: UsageReadingsStore;
  /** The key of this id in this organization, without those that were removed. */
  readonly findKey: (organizationId: string, keyId: string) => Promise<KeyRecord | undefined>;
  readonly nowMs: () => number;
}

type AnswerTo<Operation extends Contract> = z.input<Operation['output']>;

const NOT_FOUND = { kind: 'not_found' } as const;

/** What a key is used for, over the bus. A key of another organization is not found, as one that does not exist. */
@Controller()
export class UsageController {
  constructor(@Inject(USAGE) private readonly ports: UsagePorts) {}

  @MessagePattern(getUsage.subject)
  usage(@Payload() payload: unknown) {
    return serve(getUsage, payload, async ({ actor, keyId, days }): Promise<AnswerTo<typeof getUsage>> => {
      const { readings, nowMs } = this.ports;
      const key = await this.find(actor.organizationId, keyId);
      if (key === undefined) return NOT_FOUND;
      const period = usagePeriod(days, nowMs());
      const [steps, secrets] = await Promise.all([readings.steps(keyId, period), readings.secretUses(keyId)]);
      return {
        kind: 'found',
        from: new Date(period.fromMs).toISOString(),
        to: new Date(period.toMs).toISOString(),
        step: period.step,
        ...stepsView(steps),
        lastUsed: lastUsedView(key.lastUse),
        secrets: [...secrets].map(([generation, use]) => ({ generation, ...secretUsageView(use) })),
      };
    });
  }

  @MessagePattern(listRequests.subject)
  requests(@Payload() payload: unknown) {
    return serve(listRequests, payload, async (input): Promise<AnswerTo<typeof listRequests>> => {
      const { actor, keyId, cursor, limit } = input;
      const after = cursor === undefined ? undefined : readRequestCursor(cursor);
      if (cursor !== undefined && after === undefined) {
        return { kind: 'refused', code: 'invalid_cursor', message: 'This cursor does not belong to this list.' };
      }
      if ((await this.find(actor.organizationId, keyId)) === undefined) return NOT_FOUND;
      const found = await this.ports.readings.requests(keyId, after, limit + 1);
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        kind: 'listed',
        requests: page.map(requestView),
        nextCursor: last === undefined ? null : writeRequestCursor(last),
      };
    });
  }

  @MessagePattern(getScopeUse.subject)
  scopes(@Payload() payload: unknown) {
    return serve(getScopeUse, payload, async ({ actor, keyId, days }): Promise<AnswerTo<typeof getScopeUse>> => {
      const key = await this.find(actor.organizationId, keyId);
      if (key === undefined) return NOT_FOUND;
      const fromMs = dayStart(this.ports.nowMs(), days);
      const proposal = proposeScopes(key.scopes, await this.ports.readings.scopes(keyId, fromMs));
      return { kind: 'found', from: new Date(fromMs).toISOString(), ...scopesView(proposal) };
    });
  }

  private async find(organizationId: string, keyId: string) {
    return isKeyId(keyId) ? this.ports.findKey(organizationId, keyId) : undefined;
  }
}
