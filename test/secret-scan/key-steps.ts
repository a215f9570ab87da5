import { expectStatus, type Step } from './world.js';

export const createsKeys: Step = {
  name: 'creates keys, one of them with an Idempotency-Key, and asks for that answer again',
  take: async (world) => {
    world.key = await world.createKey('open');
    const once = { 'idempotency-key': 'once' };
    const first = await world.createKey('open', once);
    const again = await world.createKey('open', once);
    if (first.secret !== again.secret) throw new Error('the same Idempotency-Key made another key');
    const conflict = await world.post(
      '/api/v1/keys',
      { api: 'limited', name: 'x', scopes: [] },
      { ...world.browser, ...once },
    );
    expectStatus(conflict, 409);
    for (const path of [`/api/v1/keys/${first.id}`, '/api/v1/keys']) {
      expectStatus(await world.ask(path, { headers: world.browser }), 200);
    }
  },
};

export const usesKeys: Step = {
  name: 'uses keys: with success, over their limit, while the upstream is down',
  take: async (world) => {
    expectStatus(await world.use('open', world.key.secret), 200);
    const limited = await world.createKey('limited');
    expectStatus(await world.use('limited', limited.secret), 200);
    expectStatus(await world.use('limited', limited.secret), 429);
    expectStatus(await world.use('down', (await world.createKey('down')).secret), 502);
    expectStatus(await world.use('open', limited.secret), 401);
  },
};

export const rotatesKeys: Step = {
  name: 'rotates keys, uses both secrets, finishes, cancels, and uses what has been retired',
  take: async (world) => {
    const rotate = async (id: string) => {
      const answer = await world.post(`/api/v1/keys/${id}/rotate`, { grace_seconds: 600 }, world.browser, ['key']);
      expectStatus(answer, 200);
      return world.remember('key', (JSON.parse(answer.text) as { key: string }).key);
    };
    for (const [end, retired] of [
      ['finish', 0],
      ['cancel', 1],
    ] as const) {
      const { id, secret } = await world.createKey('open');
      const secrets = [secret, await rotate(id)];
      for (const each of secrets) expectStatus(await world.use('open', each), 200);
      expectStatus(await world.post(`/api/v1/keys/${id}/rotate/${end}`, {}, world.browser), 200);
      expectStatus(await world.use('open', secrets[retired] ?? ''), 401);
    }
  },
};

export const endsKeys: Step = {
  name: 'changes, disables, revokes and removes keys, and uses them afterwards',
  take: async (world) => {
    const { id, secret } = await world.createKey('open');
    const change = (path: string, init: RequestInit) =>
      world.ask(`/api/v1/keys/${id}${path}`, {
        headers: { 'content-type': 'application/json', ...world.browser },
        ...init,
      });
    expectStatus(await change('', { method: 'PATCH', body: '{"name":"another","allowed_ips":["192.0.2.1"]}' }), 200);
    expectStatus(await world.use('open', secret), 403);
    expectStatus(await change('/disable', { method: 'POST', body: '{}' }), 200);
    expectStatus(await world.use('open', secret), 401);
    expectStatus(await change('/revoke', { method: 'POST', body: '{"reason":"it leaked"}' }), 200);
    expectStatus(await world.use('open', secret), 401);
    expectStatus(await world.ask(`/api/v1/keys/${id}`, { method: 'DELETE', headers: world.browser }), 204);
    expectStatus(await world.use('open', secret), 401);
  },
};
