import type { Actor } from '@gatehouse/contracts/actor';
import { type AuditEntryView, listAudit } from '@gatehouse/contracts/audit';
import { mergeAudit, readAuditCursor, writeAuditCursor } from '@gatehouse/contracts/audit-place';
import { plainText } from '@gatehouse/contracts/plain-text';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import { TheActor } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';

const filter = plainText.min(1).max(64).optional();
const moment = z.iso.datetime({ offset: true }).optional();

const auditQuery = z.strictObject({
  organization: filter,
  action: filter,
  actor: filter,
  target: filter,
  since: moment,
  until: moment,
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** The audit log of an organization: what both services have written down, in one order. */
@Controller()
export class AuditController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  /** Newest first. @throws BusUnavailable where one of the two does not answer: half a log is none */
  @Get('/api/v1/audit')
  @Allow('audit.read')
  async list(@Query() query: unknown, @TheActor() actor: Actor) {
    const { action, actor: by, target, since, until, cursor, limit } = parseRequest(auditQuery, query);
    const after = cursor === undefined ? undefined : readAuditCursor(cursor);
    if (cursor !== undefined && after === undefined) {
      throw new Refusal('validation_error', { errors: { cursor: 'does not belong to this list' } });
    }
    const question = {
      actor,
      action,
      by,
      target,
      sinceMs: since === undefined ? undefined : Date.parse(since),
      untilMs: until === undefined ? undefined : Date.parse(until),
      after,
      limit: limit + 1,
    };
    const answers = await Promise.all([this.ask(listAudit.identity, question), this.ask(listAudit.keys, question)]);
    const { page, next } = mergeAudit(
      answers.map(({ entries }) => entries),
      limit,
    );
    return { data: page.map(entryJson), next_cursor: next === undefined ? null : writeAuditCursor(next) };
  }
}

function entryJson(entry: AuditEntryView) {
  return {
    id: `${entry.source}_${entry.id}`,
    at: new Date(entry.atMs).toISOString(),
    action: entry.action,
    actor: entry.actor,
    target: entry.target,
    address: entry.address,
    request_id: entry.requestId,
    detail: entry.detail,
  };
}
