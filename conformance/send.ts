import { getGlobalDispatcher } from 'undici';

export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The first value of a header, by its name in lower case. */
  header(name: string): string | undefined;
  json(): unknown;
}

/**
 * One request with exactly this path and these headers: `fetch` would tidy the path, add headers that a browser sends,
 * and not let `Host` be set.
 */
export async function send(url: string, { method = 'GET', headers = {}, json }: Sent = {}): Promise<Answer> {
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)(.*)$/.exec(url) ?? [];
  const answer = await getGlobalDispatcher().request({
    origin,
    path,
    method: method as 'GET',
    headers: json === undefined ? headers : { 'content-type': 'application/json', ...headers },
    body: json === undefined ? null : JSON.stringify(json),
  });
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    text,
    header: (name) => {
      const value = answer.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    json: () => JSON.parse(text),
  };
}

export function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}
