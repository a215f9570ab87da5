import { createHash, randomBytes } from 'node:crypto';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { bearer } from './key-lives.mjs';

const LIFE = '/apis/life/write';

/** Keys of the right form that nobody was given; and keys of a former system, which are asked for before they are imported. */
export function strangers(world) {
  const { client, anyGateway, manage } = world;
  return {
    knockOne: async (process, random) => {
      const secret = mintKey('ex_live_');
      const given = { neverValid: true };
      const object = `stranger ${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
      await client.use({ process, object, gateway: anyGateway(random), path: LIFE, headers: bearer(secret), given });
      await pause(random.between(20, 80));
    },
    importOne: async (process, random) => {
      const secret = `old_${randomBytes(20).toString('hex')}`;
      const object = `imported ${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
      const use = (gateway) => client.use({ process, object, gateway, path: LIFE, headers: bearer(secret) });
      for (const gateway of [...client.gateways, ...client.gateways]) await use(gateway);
      const row = { key: secret, name: 'imported', scopes: ['invoices.read', 'invoices.write'] };
      const { outcome } = await manage({
        process,
        gateway: anyGateway(random),
        method: 'POST',
        path: '/api/v1/keys/import',
        json: { import_id: `import-${object.slice(9)}`, api: 'life', rows: [{ line: 1, ...row }] },
        as: (answer) => (isRefused(answer) ? [] : [{ operation: 'create', object, given: { becomes: 'active' } }]),
      });
      if (outcome !== 'ok') return;
      for (let round = 0; round < 2; round++) for (const gateway of client.gateways) await use(gateway);
      await pause(random.between(20, 200));
    },
  };
}

/** A row may be refused though its request was not. */
function isRefused({ status, text }) {
  return status === 200 && JSON.parse(text).data[0].status === 'refused';
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
