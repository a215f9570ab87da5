import { getGlobalDispatcher } from 'undici';

/** The answer to one request of a browser. */
export interface BrowserAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed body, to be looked at field by field. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare what they read
  readonly body: any;
}

/** A browser as far as the platform can tell: it keeps cookies by name, and sends the session's CSRF token on writes. */
export interface Browser {
  send(method: string, path: string, json?: unknown): Promise<BrowserAnswer>;
  /** Signs in with a password; the answer is that of `/auth/login`. */
  signIn(login: { readonly email: string; readonly password: string }): Promise<BrowserAnswer>;
  readonly cookies: Map<string, string>;
}

/** @param url origin of a gateway; the browser believes that it is there. */
export function newBrowser(url: string): Browser {
  const cookies = new Map<string, string>();
  let csrfToken: string | undefined;

  const request = async (method: string, path: string, json: unknown): Promise<BrowserAnswer> => {
    const headers: Record<string, string> = {};
    if (json !== undefined) headers['content-type'] = 'application/json';
    if (cookies.size > 0) headers['cookie'] = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    if (csrfToken !== undefined) headers['x-csrf-token'] = csrfToken;
    const answer = await getGlobalDispatcher().request({
      origin: url,
      path,
      method: method as 'GET',
      headers,
      body: json === undefined ? null : JSON.stringify(json),
    });
    const text = await answer.body.text();
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) keep(cookies, line);
    const isJson = String(answer.headers['content-type']).includes('json');
    return {
      status: answer.statusCode,
      text,
      headers: answer.headers,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  };

  const send: Browser['send'] = async (method, path, json) => {
    const before = sessionOf(cookies);
    const answer = await request(method, path, json);
    const after = sessionOf(cookies);
    if (after !== before) {
      csrfToken = undefined;
      if (after !== undefined) csrfToken = (await request('GET', '/auth/session', undefined)).body?.csrf_token;
    }
    return answer;
  };
  return { send, cookies, signIn: (login) => send('POST', '/auth/login', login) };
}

function sessionOf(cookies: ReadonlyMap<string, string>): string | undefined {
  return cookies.get('gatehouse_session') ?? cookies.get('__Host-gatehouse_session');
}

function keep(cookies: Map<string, string>, setCookie: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie) ?? [];
  if (value === '' || /;\s*max-age=0/i.test(setCookie)) cookies.delete(name);
  else cookies.set(name, value);
}
