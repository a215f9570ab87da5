import { serve } from '@gatehouse/bus/serve.server';
import type { LeakPolicy } from '@gatehouse/catalog/api';
import { reportLeaks } from '@gatehouse/contracts/leaks';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { changeAtOneMoment, type Settling, unannounced } from '../lease/settling.js';
import { type Peppers, sealedForms } from '../secrets/peppers.js';
import type { LeaksStore } from './leaks.store.js';
import { type FoundLeak, planResponses } from './plan-responses.js';

/** Token of what the controller works with. */
export const LEAKS = Symbol('leaks');

export interface LeaksPorts {
  readonly store: Pick<LeaksStore, 'respond'>;
  readonly peppers: Peppers;
  readonly policyOf: (api: string) => LeakPolicy | undefined;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly settling: Settling;
}

/** Keys that were found in public. */
@Controller()
export class LeaksController {
  constructor(@Inject(LEAKS) private readonly ports: LeaksPorts) {}

  @MessagePattern(reportLeaks.subject)
  report(@Payload() payload: unknown) {
    return serve(reportLeaks, payload, async ({ reporter, address, requestId, leaks }) => {
      const { store, peppers, policyOf, nowMs, monotonicMs, settling } = this.ports;
      const sealed = leaks.map((leak) => ({
        leak,
        hmacs: sealedForms(peppers, Buffer.from(leak.digest, 'base64')).map(({ hmac }) => hmac),
      }));
      const atMs = nowMs();
      const by = { name: reporter, address, requestId };
      const plan = (found: readonly FoundLeak[]) => planResponses(found, reporter, policyOf, atMs);
      const { outcome, announcement } = await changeAtOneMoment(settling, (announce) =>
        store.respond(sealed, by, atMs, plan, announce),
      );
      const { known, keyIds } = outcome;
      // Also where nothing has changed: whoever was told of these keys before may have died before this had ended.
      if (keyIds.length > 0) await settling.settle(announcement ?? unannounced(keyIds), monotonicMs());
      return { kind: 'reported' as const, known: [...known] };
    });
  }
}
