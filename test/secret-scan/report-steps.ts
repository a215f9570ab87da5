import { randomBytes } from 'node:crypto';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { expectStatus, type Step } from './world.js';

export const importsKeys: Step = {
  name: 'imports keys of a former system by their value, uses them, and imports what cannot be imported',
  take: async (world) => {
    const native = world.remember('key', mintKey('ex_live_'));
    const former = world.remember('key', `old_${randomBytes(20).toString('hex')}`);
    const row = { line: 1, name: 'imported', scopes: [] };
    const rows = [
      { ...row, key: native },
      { ...row, line: 2, key: former },
      { ...row, line: 3, key: world.remember('misplaced secret', `odd_${randomBytes(30).toString('hex')}`) },
      { ...row, line: 4, key: former, name: `the key ${former}` },
      { ...row, line: 5, key: [former] },
      { ...row, line: 6, key: native, scopes: 'none' },
    ];
    const answer = await world.post('/api/v1/keys/import', { import_id: 'once', api: 'open', rows }, world.browser);
    expectStatus(answer, 200);
    for (const key of [native, former]) expectStatus(await world.use('open', key), 200);
    const cut = JSON.stringify({ import_id: 'once', api: 'open', rows }).slice(0, -9);
    expectStatus(await world.post('/api/v1/keys/import', cut, world.browser), 400);
    for (const format of ['ndjson', 'csv']) {
      expectStatus(await world.ask(`/api/v1/keys/export?format=${format}`, { headers: world.browser }), 200);
    }
  },
};

export const looksAtUsage: Step = {
  name: 'looks at what keys were used for',
  take: async (world) => {
    const look = async (path: string) => {
      const answer = await world.ask(path, { headers: world.browser });
      expectStatus(answer, 200);
      return answer.text;
    };
    // Gateways report every two seconds.
    await waitUntil(
      'requests are listed',
      async () => (await look(`/api/v1/keys/${world.key.id}/requests`)).includes('curl'),
      30_000,
    );
    for (const path of [
      `/api/v1/keys/${world.key.id}/usage`,
      `/api/v1/keys/${world.key.id}/scopes`,
      '/api/v1/notices',
    ]) {
      await look(path);
    }
  },
};

export const leaksKeys: Step = {
  name: 'finds keys in public and reports them, in reports that are good, tampered with and unreadable',
  take: async (world) => {
    const { secret } = await world.createKey('open');
    const { github } = world.parts;
    const match = { token: secret, type: 'exante-live', url: 'https://example.com/leak.txt', source: 'content' };
    const body = JSON.stringify([match]);
    const headers = github.headersFor(body);
    const report = (text: string, signed: Record<string, string>) => world.post('/leaks/github', text, signed);
    expectStatus(await report(`${body} `, headers), 401, 403);
    expectStatus(await report(body, { ...headers, 'github-public-key-signature': 'x' }), 400, 401, 403);
    const cut = body.slice(0, -5);
    expectStatus(await report(cut, github.headersFor(cut)), 400);
    const odd = JSON.stringify([{ ...match, token: [secret] }]);
    expectStatus(await report(odd, github.headersFor(odd)), 400, 422);
    expectStatus(await world.post('/leaks/github', body, headers, ['SHA-256 of a key']), 200);
    expectStatus(await world.use('open', secret), 401);
  },
};
