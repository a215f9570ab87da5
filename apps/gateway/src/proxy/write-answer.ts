import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../edge/answer.js';
import { answerWithoutBody } from './unread-body.server.js';

/** Writes an answer of our own, unless the client is gone or an answer has begun. */
export function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  moreHeaders: readonly string[],
): void {
  answerWithoutBody(request, response, () => {
    if (response.destroyed || response.headersSent) return;
    response.writeHead(answer.status, [...answer.headers, ...moreHeaders]);
    response.end(answer.body);
  });
}
