import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { COMMANDS } from './commands.js';
import { cliConfig } from './config.js';
import { runCommand } from './run-command.js';

/** Runs `gatehouse` in this process, with streams that the test reads. */
export async function gatehouse(
  args: readonly string[],
  given: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly stdin?: string;
    readonly signal?: AbortSignal;
  } = {},
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const read = [collect(stdout), collect(stderr)];
  const exitCode = await runCommand(args, COMMANDS, {
    stdin: Readable.from([Buffer.from(given.stdin ?? '')]),
    stdout,
    stderr,
    settings: () => cliConfig(given.environment ?? {}),
    signal: given.signal ?? new AbortController().signal,
    nowMs: Date.now,
  });
  stdout.end();
  stderr.end();
  const [out = '', err = ''] = await Promise.all(read);
  return { exitCode, out, err };
}

async function collect(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

export interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A platform that answers as the test says; `asked` is what came. */
export async function startFakePlatform(answer: (asked: Asked, count: number) => Answered | Promise<Answered>) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = { method: request.method, url: request.url, authorization: request.headers.authorization, body };
    asked.push(one);
    const answered = await answer(one, asked.length);
    response.writeHead(answered.status, { 'content-type': 'application/json', ...answered.headers });
    response.end(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    environment: { GATEHOUSE_URL: url, GATEHOUSE_TOKEN: 'ghm_token' },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
