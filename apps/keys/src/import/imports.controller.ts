import { serve } from '@gatehouse/bus/serve.server';
import type { Api } from '@gatehouse/catalog/api';
import type { Contract } from '@gatehouse/contracts/contract';
import { exportKeys, importKeys } from '@gatehouse/contracts/imports';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { newKeyId } from '../lifecycle/key-id.js';
import { keyView } from '../lifecycle/key-view.js';
import type { KeysStore } from '../lifecycle/keys.store.js';
import { readCursor, writeCursor } from '../lifecycle/list-cursor.js';
import { fitPage } from './fit-page.js';
import type { ImportsStore } from './imports.store.js';
import { readRow } from './read-rows.js';
import { distinctImports, settleRows } from './settle-rows.js';

/** Token of what the controller works with. */
export const IMPORTS = Symbol('imports');

export interface ImportsPorts {
  readonly imports: Pick<ImportsStore, 'add'>;
  readonly keys: Pick<KeysStore, 'list'>;
  readonly apis: ReadonlyMap<string, Api>;
  /** The secret of list cursors. */
  readonly cursor: Buffer;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

type AnswerTo<Operation extends Contract> = z.input<Operation['output']>;

const EXPORT_KEYS_MAX = 500;
/** A message of the bus has 1 MiB; its envelope needs a little of that. */
const EXPORT_BYTES_MAX = 900_000;

/** Keys of former systems come in by the thousand, and what is known of keys goes out. */
@Controller()
export class ImportsController {
  constructor(@Inject(IMPORTS) private readonly ports: ImportsPorts) {}

  @MessagePattern(importKeys.subject)
  import(@Payload() payload: unknown) {
    return serve(importKeys, payload, async (input): Promise<AnswerTo<typeof importKeys>> => {
      const api = this.ports.apis.get(input.api);
      if (api === undefined) return { kind: 'unknown_api' };
      const nowMs = this.ports.nowMs();
      const rows = input.rows.map((row) => readRow(row, input, api, { nowMs, newKeyId }));
      const imports = distinctImports(rows);
      if (imports.length === 0) return { kind: 'settled', outcomes: settleRows(rows, new Map()) };
      const keysMaxOf = (plan: string) => (api.plans[plan] ?? api.plans[api.profile.defaultPlan])?.keysMax ?? null;
      const added = await this.ports.imports.add({ ...input, keysMaxOf, imports, atMs: nowMs }, input.actor);
      return { kind: 'settled', outcomes: settleRows(rows, added) };
    });
  }

  @MessagePattern(exportKeys.subject)
  export(@Payload() payload: unknown) {
    return serve(exportKeys, payload, async (input): Promise<AnswerTo<typeof exportKeys>> => {
      const { keys, apis, cursor: secret, nowMs } = this.ports;
      const { api, projectId, actor } = input;
      const scope = { organizationId: actor.organizationId, api, projectId, createdBy: undefined };
      const after = input.cursor === undefined ? undefined : readCursor(secret, scope, input.cursor);
      if (input.cursor !== undefined && after === undefined) return { kind: 'invalid_cursor' };
      const found = await keys.list(scope, after, EXPORT_KEYS_MAX + 1);
      const views = found.slice(0, EXPORT_KEYS_MAX).map((key) => keyView(key, apis.get(key.api), nowMs()));
      const page = fitPage(views, EXPORT_BYTES_MAX);
      const last = page.length < found.length ? found[page.length - 1] : undefined;
      return {
        kind: 'exported',
        keys: page,
        nextCursor: last === undefined ? null : writeCursor(secret, scope, last),
      };
    });
  }
}
