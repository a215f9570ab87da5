import type { Actor } from '@gatehouse/contracts/actor';
import { findProject } from '@gatehouse/contracts/identity';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Allow } from '../management/allow.guard.js';
import { type Origin, TheActor, TheOrigin } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES, VERIFICATION } from '../management/settings.js';
import { verificationUse } from '../usage/verification-use.js';
import { verifyJson } from './verify-answer.js';
import { type VerificationPorts, verifyKey } from './verify-key.js';
import { type VerifyQuestion, verifyBatchBody, verifyBody } from './verify-requests.js';

/** No slug of a project has an underscore, so the two are never taken for each other. */
const PROJECT_ID = /^prj_/;

/** Who asks, where from, and at which path of the management API. */
interface Asker {
  readonly actor: Actor;
  readonly origin: Origin;
  readonly path: string;
}

/** Says of keys what the gateway would, and counts that as a use of them: for services that check keys themselves. */
@Controller()
export class VerifyController {
  constructor(
    @Inject(VERIFICATION) private readonly ports: VerificationPorts,
    @Inject(SERVICES) private readonly ask: AskService,
  ) {}

  @Post('/api/v1/keys/verify')
  @Allow('keys.verify')
  @HttpCode(200)
  async verify(@Body() body: unknown, @TheActor() actor: Actor, @TheOrigin() origin: Origin) {
    const { organization: _, ...question } = parseRequest(verifyBody, body);
    const [answer] = await this.answer(
      [question],
      { actor, origin, path: '/api/v1/keys/verify' },
      (_index, field) => field,
    );
    return answer;
  }

  @Post('/api/v1/keys/verify-batch')
  @Allow('keys.verify')
  @HttpCode(200)
  async verifyBatch(@Body() body: unknown, @TheActor() actor: Actor, @TheOrigin() origin: Origin) {
    const { keys } = parseRequest(verifyBatchBody, body);
    const asker = { actor, origin, path: '/api/v1/keys/verify-batch' };
    return { data: await this.answer(keys, asker, (index, field) => `keys.${index}.${field}`) };
  }

  /** All of them in one turn of the event loop, so that they travel together. */
  private async answer(
    questions: readonly VerifyQuestion[],
    { actor, origin, path }: Asker,
    fieldOf: (index: number, field: string) => string,
  ) {
    questions.forEach(({ api }, index) => {
      if (api === undefined || this.ports.apis.has(api)) return;
      throw new Refusal('validation_error', { errors: { [fieldOf(index, 'api')]: 'there is no API with this name' } });
    });
    const projectIds = await this.projectIds(questions, actor, (index) => fieldOf(index, 'project'));
    const results = await Promise.all(
      questions.map(async ({ key, api, environment, project, permissions = null, cost, address = null }, index) => {
        const question = {
          secret: key,
          organizationId: actor.organizationId,
          api: api ?? null,
          environment: environment ?? null,
          projectId: project === undefined ? null : (projectIds.get(project) ?? project),
          permissions,
          cost,
          address,
        };
        const result = await verifyKey(question, this.ports);
        if (result === 'unavailable') return result;
        // Each has an id of its own: the same key may be in one batch twice.
        const requestId = questions.length === 1 ? origin.requestId : `${origin.requestId}.${index + 1}`;
        const asked = { path, requestId, usedFrom: address, askedFrom: origin.address, userAgent: origin.userAgent };
        const use = verificationUse({ ...asked, permissions, cost }, result, this.ports.edge.nowMs());
        if (use !== undefined) this.ports.usage.record(use);
        return result;
      }),
    );
    return results.map((result) => {
      if (result === 'unavailable') throw new Refusal('service_unavailable', { retryAfterSeconds: 1 });
      return verifyJson(result);
    });
  }

  /** Id or slug, as it is named -> id. An id is compared as it is; for a slug identity is asked. */
  private async projectIds(
    questions: readonly VerifyQuestion[],
    actor: Actor,
    fieldOf: (index: number) => string,
  ): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    const named = questions.map(({ project }) => project);
    await Promise.all(
      [...new Set(named)].map(async (project) => {
        if (project === undefined) return;
        if (PROJECT_ID.test(project)) return void ids.set(project, project);
        const found = await this.ask(findProject, { actor, project });
        if (found.kind === 'found') return void ids.set(project, found.project.id);
        const field = fieldOf(named.indexOf(project));
        throw new Refusal('validation_error', {
          errors: { [field]: 'there is no such project in this organization' },
        });
      }),
    );
    return ids;
  }
}
