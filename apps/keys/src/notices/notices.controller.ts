import { serve } from '@gatehouse/bus/serve.server';
import type { Contract } from '@gatehouse/contracts/contract';
import { listNotices, readNotice } from '@gatehouse/contracts/notices';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { isNoticeId, noticeView } from './notice.js';
import { readNoticeCursor, writeNoticeCursor } from './notice-place.js';
import type { NoticesStore } from './notices.store.js';

/** Token of what the controller works with. */
export const NOTICES = Symbol('notices');

export interface NoticesPorts {
  readonly store: Pick<NoticesStore, 'list' | 'read'>;
  readonly nowMs: () => number;
}

type AnswerTo<Operation extends Contract> = z.input<Operation['output']>;

/** What organizations were told about their keys. */
@Controller()
export class NoticesController {
  constructor(@Inject(NOTICES) private readonly ports: NoticesPorts) {}

  @MessagePattern(listNotices.subject)
  list(@Payload() payload: unknown) {
    return serve(
      listNotices,
      payload,
      async ({ actor, unreadOnly, cursor, limit }): Promise<AnswerTo<typeof listNotices>> => {
        const after = cursor === undefined ? undefined : readNoticeCursor(cursor);
        if (cursor !== undefined && after === undefined) {
          return { kind: 'refused', code: 'invalid_cursor', message: 'This cursor does not belong to this list.' };
        }
        const found = await this.ports.store.list(actor.organizationId, unreadOnly, after, limit + 1);
        const page = found.slice(0, limit);
        const last = found.length > limit ? page.at(-1) : undefined;
        const nextCursor = last === undefined ? null : writeNoticeCursor(last);
        return { kind: 'listed', notices: page.map(noticeView), nextCursor };
      },
    );
  }

  @MessagePattern(readNotice.subject)
  read(@Payload() payload: unknown) {
    return serve(readNotice, payload, async ({ actor, noticeId }): Promise<AnswerTo<typeof readNotice>> => {
      const { store, nowMs } = this.ports;
      const notice = isNoticeId(noticeId) ? await store.read(actor.organizationId, noticeId, nowMs()) : undefined;
      return notice === undefined ? { kind: 'not_found' } : { kind: 'read', notice: noticeView(notice) };
    });
  }
}
