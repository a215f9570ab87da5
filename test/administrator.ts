import type { Platform } from '@gatehouse/testing/platform';

/** What tests do as the administrator, over HTTP. */
export interface Administrator {
  /** @param more what else the request says, such as `remaining_uses`. */
  createKey(
    api: string,
    scopes?: readonly string[],
    more?: object,
  ): Promise<{ readonly id: string; readonly key: string }>;
  /** The status of the answer; 200 says that the revoke holds everywhere. */
  revokeKey(id: string): Promise<number>;
  /** Any other request to the management API. @returns an empty object for an answer without a body. */
  send(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly json: Fields }>;
}

type Fields = Readonly<Record<string, unknown>>;

export async function signInAdministrator(platform: Platform): Promise<Administrator> {
  const signedIn = await send(`${platform.url}/auth/login`, 'POST', {}, platform.admin);
  const { access_token: accessToken } = (await signedIn.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${accessToken}` };
  return {
    createKey: async (api, scopes = [], more = {}) => {
      const body = { api, name: 'test', scopes, ...more };
      const answer = await send(`${platform.url}/api/v1/keys`, 'POST', headers, body);
      if (answer.status !== 201) throw new Error(`the key was not created: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as { id: string; key: string };
    },
    revokeKey: async (id) => (await send(`${platform.url}/api/v1/keys/${id}/revoke`, 'POST', headers, {})).status,
    send: async (method, path, body) => {
      const given = body ?? (method === 'POST' ? {} : undefined);
      const answer = await send(`${platform.url}${path}`, method, headers, given);
      const text = await answer.text();
      return { status: answer.status, json: text === '' ? {} : (JSON.parse(text) as Fields) };
    },
  };
}

function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<Response> {
  if (body === undefined) return fetch(url, { method, headers });
  return fetch(url, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
