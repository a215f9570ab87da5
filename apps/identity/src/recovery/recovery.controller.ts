import { serve } from '@gatehouse/bus/serve.server';
import {
  cancelRecovery,
  completeRecovery,
  confirmRecovery,
  decideRecovery,
  listRecoveries,
  startRecovery,
} from '@gatehouse/contracts/recovery';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Origin } from '../origin.js';
import type { ConfirmedRecovery } from './confirm-recovery.store.js';
import type { RecoveryOfAccount } from './recoveries.store.js';
import { stateOf } from './recovery.js';
import type { Review, Reviewed } from './review.store.js';
import type { StartedRecovery } from './start-recovery.store.js';

export const RECOVERY_DOOR = Symbol('recovery door');

interface Link {
  readonly token: string;
  readonly origin: Origin;
}

export interface RecoveryDoor {
  nowMs(): number;
  begin(request: { readonly challenge: string; readonly origin: Origin }): Promise<StartedRecovery>;
  enterReview(link: Link): Promise<ConfirmedRecovery>;
  stop(link: Link): Promise<{ readonly kind: 'cancelled' | 'link_invalid' }>;
  finish(link: Link): Promise<{ readonly kind: 'recovered' | 'link_invalid' }>;
  review(review: Review): Promise<Reviewed>;
  listForReview(accountId: string): Promise<readonly RecoveryOfAccount[] | undefined>;
}

/** The way back for who has lost every second factor: mail, review and delay [T22]. */
@Controller()
export class RecoveryController {
  constructor(@Inject(RECOVERY_DOOR) private readonly door: RecoveryDoor) {}

  @MessagePattern(startRecovery.subject)
  start(@Payload() payload: unknown): Promise<unknown> {
    return serve(startRecovery, payload, async (input) => reviewAnswer(await this.door.begin(input)));
  }

  @MessagePattern(confirmRecovery.subject)
  confirm(@Payload() payload: unknown): Promise<unknown> {
    return serve(confirmRecovery, payload, async (input) => reviewAnswer(await this.door.enterReview(input)));
  }

  @MessagePattern(cancelRecovery.subject)
  cancel(@Payload() payload: unknown): Promise<unknown> {
    return serve(cancelRecovery, payload, (input) => this.door.stop(input));
  }

  @MessagePattern(completeRecovery.subject)
  complete(@Payload() payload: unknown): Promise<unknown> {
    return serve(completeRecovery, payload, (input) => this.door.finish(input));
  }

  @MessagePattern(listRecoveries.subject)
  list(@Payload() payload: unknown): Promise<unknown> {
    return serve(listRecoveries, payload, async ({ accountId }) => {
      const found = await this.door.listForReview(accountId);
      if (found === undefined) return { kind: 'not_permitted' as const };
      return { kind: 'listed' as const, recoveries: found.map((each) => this.view(each)) };
    });
  }

  @MessagePattern(decideRecovery.subject)
  decide(@Payload() payload: unknown): Promise<unknown> {
    return serve(decideRecovery, payload, async (input) => {
      const reviewed = await this.door.review(input);
      if (reviewed.kind !== 'decided') return reviewed;
      return { kind: reviewed.kind, recovery: this.view(reviewed.recovery) };
    });
  }

  private view(recovery: RecoveryOfAccount) {
    const { id, accountId, email, name, decidedBy, origin } = recovery;
    return {
      id,
      accountId,
      email,
      name,
      state: stateOf(recovery, this.door.nowMs()),
      requestedAt: new Date(recovery.requestedAtMs).toISOString(),
      readyAt: new Date(recovery.readyAtMs).toISOString(),
      lapsesAt: new Date(recovery.lapsesAtMs).toISOString(),
      decidedBy,
      address: origin.address,
      userAgent: origin.userAgent,
    };
  }
}

function reviewAnswer<Outcome extends { readonly kind: string }>(
  outcome: Outcome | { readonly kind: 'under_review'; readonly readyAtMs: number },
) {
  if (!isUnderReview(outcome)) return outcome;
  return { kind: 'under_review' as const, readyAt: new Date(outcome.readyAtMs).toISOString() };
}

function isUnderReview(outcome: {
  readonly kind: string;
}): outcome is { readonly kind: 'under_review'; readonly readyAtMs: number } {
  return outcome.kind === 'under_review';
}
