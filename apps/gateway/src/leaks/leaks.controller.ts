import type { Catalog } from '@gatehouse/catalog/api';
import { LEAK_RULE_FORMATS, renderLeakRules } from '@gatehouse/catalog/leak-rules';
import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import { LEAKS_IN_ONE_MESSAGE, reportLeaks } from '@gatehouse/contracts/leaks';
import { Body, Controller, Get, Header, Headers, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import { type Origin, TheOrigin } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { TakesRawBody } from '../management/raw-body.server.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { CATALOG, IMPORT_PEPPERS, SERVICES } from '../management/settings.js';
import type { ImportPeppers } from '../routes/imported-forms.js';
import { isSignedBy, readSignature, type StatedSignature } from './github-signature.js';
import { feedbackOn, type LeakMatch, leakOf, leakReport } from './leak-report.js';
import { type DigestsOfReported, digestsOfReported } from './reported-key.js';
import type { SigningKeys } from './signing-keys.js';

/** Name under which app.module.ts hands in the keys that reports are signed with. */
export const SIGNING_KEYS = Symbol('signing keys of leak reports');

/** 10,000 matches with the addresses that GitHub sends are about 3 MiB. */
const REPORT_BYTES_MAX = 8 * 1024 * 1024;
const REPORTS_AT_ONCE = { atOnceMax: 8, atOnceForOneMax: 4 };

/** The answer waits for every holder of a lease: 2.1 s where one is silent, after which nobody waits for it again. */
const REPORT_DEADLINE_MS = 10_000;

const rulesQuery = z.strictObject({ format: z.enum(LEAK_RULE_FORMATS).default('regex') });

/** What is found in public: reports of GitHub's secret scanning, and the rules by which scanners find keys. */
@Controller()
export class LeaksController {
  private readonly digestsOf: DigestsOfReported;

  constructor(
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(SIGNING_KEYS) private readonly signingKeys: SigningKeys,
    @Inject(IMPORT_PEPPERS) importPeppers: ImportPeppers,
  ) {
    this.digestsOf = digestsOfReported([...catalog.apis, MANAGEMENT_API], importPeppers);
  }

  @Post('/leaks/github')
  @Allow('public')
  @TakesRawBody({ bytesMax: REPORT_BYTES_MAX, ...REPORTS_AT_ONCE })
  @HttpCode(200)
  async github(
    @Headers('github-public-key-identifier') keyId: string | undefined,
    @Headers('github-public-key-signature') signature: string | undefined,
    @Body() body: Buffer | undefined,
    @TheOrigin() origin: Origin,
  ) {
    const stated = readSignature(keyId, signature);
    if (stated === undefined)
      throw new Refusal('invalid_request', { detail: 'The headers of the signature are missing.' });
    const bytes = body ?? Buffer.alloc(0);
    await this.checkSignature(bytes, stated);
    const matches = parseRequest(leakReport, readJson(bytes));
    return feedbackOn(matches, await this.report(matches, origin));
  }

  @Get('/leaks/rules')
  @Allow('public')
  @Header('content-type', 'text/plain; charset=utf-8')
  @Header('cache-control', 'public, max-age=300')
  rules(@Query() query: unknown) {
    const { format } = parseRequest(rulesQuery, query);
    return renderLeakRules([...this.catalog.apis, MANAGEMENT_API], format);
  }

  /** Nothing is read of a report before it is known who sent it. */
  private async checkSignature(bytes: Uint8Array, { keyId, signature }: StatedSignature): Promise<void> {
    const found = await this.signingKeys.find(keyId);
    if (found.kind === 'unavailable') {
      throw new Refusal('service_unavailable', { retryAfterSeconds: found.retryAfterSeconds });
    }
    if (found.kind === 'unknown') throw new Refusal('signing_key_unknown');
    if (!(await isSignedBy(found.key, bytes, signature))) throw new Refusal('signature_invalid');
  }

  /** @returns for each match, whether there is, or was, such a key. */
  private async report(matches: readonly LeakMatch[], { address, requestId }: Origin): Promise<boolean[]> {
    const known = matches.map(() => false);
    const leaks = matches.flatMap((match, place) =>
      this.digestsOf(match.token).map((digest) => ({ place, leak: leakOf(match, digest) })),
    );
    for (let from = 0; from < leaks.length; from += LEAKS_IN_ONE_MESSAGE) {
      const batch = leaks.slice(from, from + LEAKS_IN_ONE_MESSAGE);
      const input = { reporter: 'github', address, requestId, leaks: batch.map(({ leak }) => leak) } as const;
      const answer = await this.ask(reportLeaks, input, REPORT_DEADLINE_MS);
      for (const [index, { place }] of batch.entries()) if (answer.known[index] === true) known[place] = true;
    }
    return known;
  }
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal('malformed_json');
  }
}
