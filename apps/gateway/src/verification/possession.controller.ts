import { REFUSALS } from '@gatehouse/catalog/refusals';
import { selfRevokeKey } from '@gatehouse/contracts/possession';
import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { Allow } from '../management/allow.guard.js';
import { type Origin, TheOrigin } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES, VERIFICATION } from '../management/settings.js';
import { verificationUse } from '../usage/verification-use.js';
import { findSecret } from './find-secret.js';
import { presentedKey } from './presented-key.js';
import { verifyJson } from './verify-answer.js';
import { type VerificationPorts, verifyKey } from './verify-key.js';
import { selfRevokeBody, whoamiBody } from './verify-requests.js';

/** It answers when no gateway accepts the key any more; that may take as long as a lease. */
const REVOKE_DEADLINE_MS = 30_000;

/** What whoever has the secret of a key may do with it: that is all the proof there is, and it is enough. */
@Controller()
export class PossessionController {
  constructor(
    @Inject(VERIFICATION) private readonly ports: VerificationPorts,
    @Inject(SERVICES) private readonly ask: AskService,
  ) {}

  @Post('/api/v1/keys/whoami')
  @Allow('public')
  @HttpCode(200)
  async whoami(
    @Body() body: unknown,
    @Headers('authorization') authorization: string | undefined,
    @TheOrigin() { address, requestId, userAgent }: Origin,
  ) {
    const secret = presentedKey(authorization, parseRequest(whoamiBody, body).key);
    const question = { secret, organizationId: null, api: null, environment: null, projectId: null };
    const result = await verifyKey({ ...question, permissions: null, cost: 0, address }, this.ports);
    if (result === 'unavailable') throw unavailable();
    const from = { requestId, usedFrom: address, askedFrom: address, userAgent };
    const asked = { path: '/api/v1/keys/whoami', ...from, permissions: null, cost: 0 };
    const use = verificationUse(asked, result, this.ports.edge.nowMs());
    if (use === undefined) throw new Refusal('key_invalid');
    this.ports.usage.record(use);
    return verifyJson(result);
  }

  @Post('/api/v1/keys/self-revoke')
  @Allow('public')
  @HttpCode(200)
  async selfRevoke(
    @Body() body: unknown,
    @Headers('authorization') authorization: string | undefined,
    @TheOrigin() { address, requestId }: Origin,
  ) {
    const { key, reason } = parseRequest(selfRevokeBody, body);
    const secret = presentedKey(authorization, key);
    const found = await findSecret(secret, this.ports.apis.values(), this.ports.edge.findKey);
    if (found.kind === 'unavailable') throw unavailable();
    if (found.kind !== 'found') throw new Refusal('key_invalid');
    const input = { digest: found.digest.toString('hex'), reason, address, requestId };
    const answer = await this.ask(selfRevokeKey, input, REVOKE_DEADLINE_MS);
    switch (answer.kind) {
      case 'revoked': {
        const { keyId, revokedAt, revocationReason } = answer;
        return { key_id: keyId, state: 'revoked', revoked_at: revokedAt, revocation_reason: revocationReason };
      }
      case 'unknown':
        throw new Refusal('key_invalid');
      case 'secret_retired':
        throw new Refusal('key_ended', { detail: REFUSALS.secret_retired.message });
    }
  }
}

function unavailable(): Refusal {
  return new Refusal('service_unavailable', { retryAfterSeconds: 1 });
}
