import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Catalog } from '@gatehouse/catalog/api';
import type { Actor } from '@gatehouse/contracts/actor';
import { exportKeys, importKeys } from '@gatehouse/contracts/imports';
import { Body, Controller, Get, HttpCode, Inject, Post, Query, StreamableFile } from '@nestjs/common';
import type { ImportPeppers } from '../routes/imported-forms.js';
import { Allow } from './allow.guard.js';
import { EXPORT_TYPES, writePage } from './export-text.js';
import { TheActor } from './handler-arguments.provider.js';
import { exportKeysQuery, importKeysBody } from './import-requests.js';
import { type ImportRules, importRules } from './import-rules.js';
import { outcomeJson } from './outcome-json.js';
import { parseRequest } from './parse-request.js';
import { findProjectOf } from './project.client.js';
import { type DigestRow, type RowOutcome, readImportRow } from './read-import-row.js';
import { Refusal } from './refusal.js';
import type { AskService } from './services.client.js';
import { CATALOG, IMPORT_PEPPERS, SERVICES } from './settings.js';
import { splitRows } from './split-rows.js';

/** A message of the bus has 1 MiB; its envelope needs a little of that. */
const MESSAGE_BYTES_MAX = 900_000;
/** Rows that are read before requests of others have their turn. */
const ROWS_AT_ONCE = 50;
const IMPORT_DEADLINE_MS = 30_000;
const EXPORT_DEADLINE_MS = 10_000;

/** Keys of former systems come in, what is known of keys goes out. Neither answer ever has a key or a hash. */
@Controller()
export class ImportsController {
  private readonly rulesByApi: ReadonlyMap<string, ImportRules>;

  constructor(
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(CATALOG) catalog: Catalog,
    @Inject(IMPORT_PEPPERS) peppers: ImportPeppers,
  ) {
    this.rulesByApi = new Map(catalog.apis.map((api) => [api.name, importRules(api, peppers)]));
  }

  /** Settles each row by itself, in the order of the request; sent again, it changes nothing. */
  @Post('/api/v1/keys/import')
  @Allow('keys.write')
  @HttpCode(200)
  async import(@Body() body: unknown, @TheActor() actor: Actor) {
    const { import_id: importId, api, project: named, rows } = parseRequest(importKeysBody, body);
    const rules = this.rulesByApi.get(api);
    if (rules === undefined) throw unknownApi();
    const { project, plan } = await findProjectOf(actor, named, this.ask);
    const read = await readRows(rows, rules);
    const settled = new Map<object, RowOutcome>();
    for (const group of splitRows(read.filter(isDigestRow), MESSAGE_BYTES_MAX)) {
      const message = { actor, importId, api, projectId: project.id, plan, rows: group };
      const answer = await this.ask(importKeys, message, IMPORT_DEADLINE_MS);
      if (answer.kind === 'unknown_api') throw unknownApi();
      for (const [place, outcome] of answer.outcomes.entries()) settled.set(group[place] ?? {}, outcome);
    }
    return { data: read.map((row) => outcomeJson(isDigestRow(row) ? settled.get(row) : row)) };
  }

  /** Streams all keys, page by page; a page that fails breaks the answer off, so that no part passes for the whole. */
  @Get('/api/v1/keys/export')
  @Allow('keys.read')
  async export(@Query() query: unknown, @TheActor() actor: Actor): Promise<StreamableFile> {
    const { api, project, format } = parseRequest(exportKeysQuery, query);
    const projectId = project === undefined ? undefined : (await findProjectOf(actor, project, this.ask)).project.id;
    const page = (cursor?: string) =>
      this.ask(exportKeys, { actor, api, projectId, cursor }, EXPORT_DEADLINE_MS).then((answer) => {
        if (answer.kind === 'invalid_cursor') throw new Error('a cursor of the keys service is not valid there');
        return answer;
      });
    const first = await page();
    const text = async function* () {
      yield writePage(format, first.keys, true);
      for (let cursor = first.nextCursor; cursor !== null; ) {
        const { keys, nextCursor } = await page(cursor);
        yield writePage(format, keys, false);
        cursor = nextCursor;
      }
    };
    const { type, extension } = EXPORT_TYPES[format];
    const disposition = `attachment; filename="keys.${extension}"`;
    return new StreamableFile(Readable.from(text(), { objectMode: false }), { type, disposition });
  }
}

async function readRows(rows: readonly unknown[], rules: ImportRules): Promise<(DigestRow | RowOutcome)[]> {
  const read: (DigestRow | RowOutcome)[] = [];
  for (const [index, row] of rows.entries()) {
    if (index > 0 && index % ROWS_AT_ONCE === 0) await nextTurn();
    read.push(readImportRow(row, index + 1, rules));
  }
  return read;
}

function isDigestRow(row: DigestRow | RowOutcome): row is DigestRow {
  return 'digest' in row;
}

function unknownApi(): Refusal {
  return new Refusal('validation_error', { errors: { api: 'there is no API with this name' } });
}
