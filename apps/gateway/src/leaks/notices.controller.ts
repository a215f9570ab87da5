import type { Actor } from '@gatehouse/contracts/actor';
import { listNotices, type NoticeView, readNotice } from '@gatehouse/contracts/notices';
import { plainText } from '@gatehouse/contracts/plain-text';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import { TheActor } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';

const NOTICE_ID = /^ntc_[0-9A-Za-z]{1,60}$/;

const organization = plainText.max(64).optional();
const listQuery = z.strictObject({
  organization,
  unread: z.enum(['true', 'false']).default('false'),
  cursor: z.string().min(1).max(200).optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number in plain digits')
    .transform(Number)
    .pipe(z.number().min(1).max(100))
    .default(50),
});
const readBody = z.strictObject({ organization });

/** What an organization is told about its keys without having asked. */
@Controller()
export class NoticesController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Get('/api/v1/notices')
  @Allow('keys.read')
  async list(@Query() query: unknown, @TheActor() actor: Actor) {
    const { unread, cursor, limit } = parseRequest(listQuery, query);
    const answer = await this.ask(listNotices, { actor, unreadOnly: unread === 'true', cursor, limit });
    if (answer.kind === 'refused') throw new Refusal('validation_error', { errors: { cursor: answer.message } });
    return { data: answer.notices.map(noticeJson), next_cursor: answer.nextCursor };
  }

  /** Not for those who may only look: read is read for the whole organization. */
  @Post('/api/v1/notices/:id/read')
  @Allow('keys.write')
  @HttpCode(200)
  async read(@Param('id') noticeId: string, @Body() body: unknown, @TheActor() actor: Actor) {
    parseRequest(readBody, body);
    if (!NOTICE_ID.test(noticeId)) throw new Refusal('not_found');
    const answer = await this.ask(readNotice, { actor, noticeId });
    if (answer.kind === 'not_found') throw new Refusal('not_found');
    return noticeJson(answer.notice);
  }
}

/** A notice as the management API shows it. */
function noticeJson({ id, at, kind, keyId, detail, readAt }: NoticeView) {
  return { id, at, kind, key_id: keyId, detail, read_at: readAt };
}
