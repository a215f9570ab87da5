import type { Provider, Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Mailing } from '../mail/mailing.store.js';
import { enterReview } from './confirm-recovery.store.js';
import { finishRecovery, stopRecovery } from './end-recovery.store.js';
import { RECOVERY_DOOR, RecoveryController, type RecoveryDoor } from './recovery.controller.js';
import { listForReview, reviewRecovery } from './review.store.js';
import { beginRecovery } from './start-recovery.store.js';

interface RecoveryParts {
  readonly dataSource: DataSource;
  readonly mailing: Mailing;
  nowMs(): number;
}

export const RECOVERY_CONTROLLERS: readonly Type[] = [RecoveryController];

/** What stands behind the way back for who has lost every second factor. */
export function recoveryProviders(parts: RecoveryParts): Provider[] {
  return [{ provide: RECOVERY_DOOR, useValue: recoveryDoor(parts) }];
}

function recoveryDoor({ dataSource, mailing, nowMs }: RecoveryParts): RecoveryDoor {
  return {
    nowMs,
    begin: (request) => beginRecovery(dataSource, mailing, request, nowMs()),
    enterReview: (link) => enterReview(dataSource, mailing, link, nowMs()),
    stop: (link) => stopRecovery(dataSource, mailing, link, nowMs()),
    finish: (link) => finishRecovery(dataSource, mailing, link, nowMs()),
    review: (review) => reviewRecovery(dataSource, mailing, review, nowMs()),
    listForReview: (accountId) => listForReview(dataSource, accountId),
  };
}
