import { z } from 'zod';
import { actorSchema } from './actor.js';
import { contract } from './contract.js';

/** What an organization is told about its keys without having asked. */
const noticeViewSchema = z.strictObject({
  id: z.string(),
  at: z.iso.datetime(),
  kind: z.string(),
  keyId: z.string().nullable(),
  /** By kind; see docs/leaks.md for `key.leaked`. */
  detail: z.record(z.string(), z.string()),
  readAt: z.iso.datetime().nullable(),
});
export type NoticeView = z.infer<typeof noticeViewSchema>;

/** Lists the notices of the actor's organization, newest first. */
export const listNotices = contract(
  'gatehouse.v1.keys.list-notices',
  z.strictObject({
    actor: actorSchema,
    /** Only those that nobody has marked as read. */
    unreadOnly: z.boolean().default(false),
    cursor: z.string().max(200).optional(),
    limit: z.number().int().min(1).max(100).default(50),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('listed'),
      notices: z.array(noticeViewSchema),
      nextCursor: z.string().nullable(),
    }),
    z.strictObject({ kind: z.literal('refused'), code: z.literal('invalid_cursor'), message: z.string() }),
  ]),
);

/** Marks a notice of the actor's organization as read, for all its members. Again: the first moment stays. */
export const readNotice = contract(
  'gatehouse.v1.keys.read-notice',
  z.strictObject({ actor: actorSchema, noticeId: z.string().max(64) }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('read'), notice: noticeViewSchema }),
    z.strictObject({ kind: z.literal('not_found') }),
  ]),
);
