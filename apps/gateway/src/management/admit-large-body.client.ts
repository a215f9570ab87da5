import type { FastifyRequest } from 'fastify';
import type { JudgeManagementKey } from '../verification/judge-management-key.js';
import { keyProblem } from '../verification/key-problem.js';
import { authenticate } from './authenticate.client.js';
import { readSessionCredential } from './read-session-credential.js';
import { Refusal } from './refusal.js';
import { factsOf } from './request-facts.js';
import type { AskService } from './services.client.js';

/** Asks, before anything of a large body is read, whether who sends it may send anything; the guard then asks for more. */
export function admitLargeBody(ask: AskService, judgeKey: JudgeManagementKey, secureCookies: boolean) {
  return async (request: FastifyRequest): Promise<void> => {
    const credential = readSessionCredential(request.headers, secureCookies);
    if (credential.kind === 'management_key') {
      const { address } = factsOf(request.raw);
      const decision = await judgeKey(credential.secret, { scopesNeeded: [], cost: 0, address, isRead: false });
      if (decision.kind === 'deny') throw keyProblem(decision);
      return;
    }
    const answer = await authenticate(credential, false, ask);
    if (answer.kind === 'authenticated') return;
    throw new Refusal(answer.code, answer.detail === undefined ? {} : { detail: answer.detail });
  };
}
