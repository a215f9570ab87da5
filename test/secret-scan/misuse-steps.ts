import { mintKey } from '@gatehouse/key-domain/mint-key';
import { expectStatus, type Step, type World } from './world.js';

export const usesKeysWrongly: Step = {
  name: 'uses a key in the wrong place, in the wrong form, and in requests that cannot be read',
  take: async (world) => {
    const { secret, id } = world.key;
    const refused = async (path: string, headers: Readonly<Record<string, string>> = {}, ...statuses: number[]) =>
      expectStatus(await world.ask(path, { headers }), ...statuses);
    for (const path of ['/apis/open/', '/api/v1/keys', '/nothing']) {
      for (const name of ['key', 'api_key', 'access_token', 'token']) {
        await refused(`${path}?${name}=${secret}`, {}, 401, 404);
      }
      await refused(`${path}${secret}`, {}, 401, 404);
      await refused(path, { 'x-api-key': secret }, 401, 404);
      await refused(path, { cookie: `key=${secret}; gatehouse_session=${secret}` }, 401, 404);
      await refused(path, { authorization: `Basic ${Buffer.from(`${secret}:`).toString('base64')}` }, 401, 404);
      await refused(path, { authorization: secret }, 401, 404);
      await refused(path, { authorization: `Bearer ${secret}, Bearer ${secret}` }, 401, 404);
      await refused(path, { 'proxy-authorization': `Bearer ${secret}`, referer: `http://x/?key=${secret}` }, 401, 404);
    }
    // Somebody takes the key for what signs in to the management API, or for the key's id.
    await refused('/api/v1/keys', { authorization: `Bearer ${secret}` }, 401);
    await refused(`/api/v1/keys/${secret}`, world.browser, 404);
    await refused(`/api/v1/keys?api_key=${secret}`, world.browser, 400, 422);
    const post = (path: string, body: unknown) => world.post(path, body, world.browser);
    expectStatus(await post(`/api/v1/keys/${id}/revoke`, `{"reason":"it leaked","key":"${secret}"`), 400);
    expectStatus(await post(`/api/v1/keys/${id}/revoke`, { key: secret }), 400, 422);
    // A request that is good, but for what nobody should write there.
    const headers = {
      authorization: `Bearer ${secret}`,
      'user-agent': `curl (${secret})`,
      referer: `http://x/${secret}`,
    };
    expectStatus(await world.ask(`/apis/open/${secret}`, { headers }), 200);
    expectStatus(await world.ask(`/apis/open/${secret}?key=${secret}`, { headers }), 400);
    // A good key in requests that are refused for another reason, and a mistyped one.
    await refused('/apis/open/%zz', { authorization: `Bearer ${secret}` }, 400, 404);
    await refused('/apis/open/../../x', { authorization: `Bearer ${secret}` }, 400, 404);
    expectStatus(await world.use('open', world.remember('misplaced secret', mistyped(mintKey('ex_live_')))), 401);
    await sendsUnreadable(world, secret);
  },
};

async function sendsUnreadable(world: World, secret: string): Promise<void> {
  const credential = `Authorization: Bearer ${secret}`;
  for (const bytes of [
    `GET /apis/open/?key=${secret} HTTP/9.9\r\n${credential}\r\n\r\n`,
    `GET /apis/open/ HTTP/1.1\r\nHost: x\r\n${credential}\r\nBad Header : x\r\n\r\n`,
    `GET /apis/open/ HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${secret}\u0000\r\n\r\n`,
    `POST /auth/login HTTP/1.1\r\nHost: x\r\n${credential}\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n${secret}`,
    `GET /apis/open/ HTTP/1.1\r\nHost: x\r\n${credential}\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
    `${secret}\r\n\r\n`,
  ]) {
    await world.raw(bytes);
  }
}

function mistyped(key: string): string {
  return key.slice(0, 20) + (key[20] === 'x' ? 'y' : 'x') + key.slice(21);
}
