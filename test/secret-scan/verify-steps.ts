import { expectStatus, type Step } from './world.js';

export const verifiesKeys: Step = {
  name: 'has keys verified with a management key, in questions that are good and that are not',
  take: async (world) => {
    const { secret } = world.key;
    const management = await world.createKey('gatehouse', {}, ['keys.read', 'keys.verify']);
    const bearer = { authorization: `Bearer ${management.secret}` };
    const verify = (body: unknown, headers: Readonly<Record<string, string>> = bearer) =>
      world.post('/api/v1/keys/verify', body, headers);
    expectStatus(await verify({ key: secret }), 200);
    expectStatus(await verify({ key: secret, api: 'limited', permissions: 'invoices.read' }), 200);
    expectStatus(await verify({ key: secret.slice(0, -1) }), 200);
    expectStatus(await verify({ key: [secret] }), 400, 422);
    expectStatus(await verify({ kee: secret }), 400, 422);
    expectStatus(await verify({ key: secret, permissions: `(${secret}` }), 400, 422);
    expectStatus(await verify(`{"key":"${secret}"`), 400);
    expectStatus(await verify({ key: secret }, { ...world.browser, ...bearer }), 400);
    expectStatus(await verify({ key: secret }, { authorization: `Basic ${management.secret}` }), 401);
    const batch = { keys: [{ key: secret }, { key: management.secret }, { key: `${secret}x` }] };
    expectStatus(await world.post('/api/v1/keys/verify-batch', batch, bearer), 200);
    expectStatus(await world.ask(`/api/v1/keys?token=${management.secret}`, { headers: bearer }), 400, 422);
    expectStatus(
      await world.ask('/api/v1/keys', { headers: { cookie: `gatehouse_session=${management.secret}` } }),
      401,
    );
    expectStatus(await world.use('open', management.secret), 401);
  },
};

export const endsOwnKey: Step = {
  name: 'asks with a key what it is, and ends it by itself',
  take: async (world) => {
    const { secret } = await world.createKey('open');
    const bearer = { authorization: `Bearer ${secret}` };
    for (const path of ['/api/v1/keys/whoami', '/api/v1/keys/self-revoke']) {
      expectStatus(await world.post(path, `{"key":"${secret}`), 400);
      expectStatus(await world.post(path, { key: [secret] }), 400, 422);
      expectStatus(await world.post(path, { key: `${secret}x` }), 401);
      expectStatus(await world.post(path, {}, { 'x-api-key': secret }), 401, 400, 422);
      expectStatus(await world.post(path, {}, bearer), 200);
      expectStatus(await world.post(path, { key: secret }), 200);
    }
    expectStatus(await world.use('open', secret), 401);
  },
};
