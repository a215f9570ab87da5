import type { Platform } from '@gatehouse/testing/platform';

/** What tests do as the administrator, over HTTP. */
export interface Administrator {
  createKey(api: string, scopes?: readonly string[]): Promise<{ readonly id: string; readonly key: string }>;
  /** The status of the answer; 200 says that the revoke holds everywhere. */
  revokeKey(id: string): Promise<number>;
}

export async function signInAdministrator(platform: Platform): Promise<Administrator> {
  const signedIn = await post(`${platform.url}/auth/login`, {}, platform.admin);
  const { access_token: accessToken } = (await signedIn.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${accessToken}` };
  return {
    createKey: async (api, scopes = []) => {
      const answer = await post(`${platform.url}/api/v1/keys`, headers, { api, name: 'test', scopes });
      if (answer.status !== 201) throw new Error(`the key was not created: ${await answer.text()}`);
      return (await answer.json()) as { id: string; key: string };
    },
    revokeKey: async (id) => (await post(`${platform.url}/api/v1/keys/${id}/revoke`, headers, {})).status,
  };
}

function post(url: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
