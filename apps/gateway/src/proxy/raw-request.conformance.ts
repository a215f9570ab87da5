import { connect, type Socket } from 'node:net';

/** For tests: HTTP as bytes, for what no HTTP client would send. */

/** Sends these bytes and gathers everything until the other side closes. */
export async function rawExchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes, 'latin1');
  return gather(socket);
}

export function gather(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
}

/** A whole request whose connection closes after the answer. */
export function rawRequest(line: string, headers: readonly string[] = [], host = 'api.example.com'): string {
  return [`${line} HTTP/1.1`, `Host: ${host}`, ...headers, 'Connection: close', '', ''].join('\r\n');
}

export function statusOf(answer: string): number {
  return Number(answer.slice(9, 12));
}

export function bodyOf(answer: string): Record<string, unknown> {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
}

/** Waits until the condition holds. @throws Error after the deadline. */
export async function until(condition: () => boolean, what: string, deadlineMs = 5_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`did not happen within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
