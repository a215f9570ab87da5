import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { CliError } from '../cli-error.js';
import type { CliConfig } from '../config.js';
import { EXIT } from '../exit-code.js';
import type { HttpAnswer } from './answer.js';

/** An answer takes no longer than this; a platform that is slower counts as one that does not answer. */
const ANSWER_MS = 60_000;

/** An answer of some length, as it arrives. */
export interface StreamedAnswer extends Omit<HttpAnswer, 'json'> {
  readonly body: Readable & { json(): Promise<unknown> };
}

/** The platform's management API, for one token. Redirects are not followed: they would carry the token elsewhere. */
export class ManagementClient {
  private readonly agent: Agent;
  private readonly token: string;

  /** @param connections how many there are at most. @throws CliError where there is no token */
  constructor(
    private readonly settings: CliConfig,
    connections: number,
  ) {
    if (settings.GATEHOUSE_TOKEN === undefined) {
      const message = 'set GATEHOUSE_TOKEN, or GATEHOUSE_TOKEN_FILE, to an access token or a management key';
      throw new CliError('authentication_required', message, EXIT.unreachable);
    }
    this.token = settings.GATEHOUSE_TOKEN;
    this.agent = new Agent({ connections, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
  }

  /** @throws Error where there is no answer */
  async post(path: string, body: string): Promise<HttpAnswer> {
    const answer = await this.send('POST', path, body);
    return { ...answer, json: await answer.body.json().catch(() => undefined) };
  }

  /** @throws Error where there is no answer */
  get(path: string): Promise<StreamedAnswer> {
    return this.send('GET', path, null);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async send(method: 'GET' | 'POST', path: string, text: string | null): Promise<StreamedAnswer> {
    const { statusCode, headers, body } = await request(new URL(path, this.settings.GATEHOUSE_URL), {
      method,
      dispatcher: this.agent,
      body: text,
      headers: {
        authorization: `Bearer ${this.token}`,
        accept: '*/*',
        'user-agent': 'gatehouse-cli',
        ...(text === null ? {} : { 'content-type': 'application/json' }),
      },
    });
    const retryAfter = String(headers['retry-after'] ?? '');
    return { status: statusCode, retryAfterSeconds: /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : null, body };
  }
}
