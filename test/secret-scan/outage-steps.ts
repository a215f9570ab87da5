import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { expectStatus, type Step, type World } from './world.js';

/** Faults are what is logged with everything that is at hand. */
export const losesItsDatabase: Step = {
  name: 'goes on while PostgreSQL is away',
  take: async (world) => {
    const unused = await world.createKey('open');
    await world.parts.postgres.kill();
    await attempts(world, unused.secret);
    await world.parts.postgres.restart();
    await waitUntil(
      'keys are found again',
      async () => (await world.use('open', unused.secret)).status === 200,
      30_000,
    );
  },
};

/** The last one: the spy misses what is said before it is connected again. */
export const losesItsBus: Step = {
  name: 'goes on while NATS is away',
  take: async (world) => {
    const unused = await world.createKey('open');
    await world.parts.nats.kill();
    await attempts(world, unused.secret);
    await world.parts.nats.restart();
    await waitUntil(
      'keys are found again',
      async () => (await world.use('open', unused.secret)).status === 200,
      30_000,
    );
  },
};

async function attempts(world: World, secret: string): Promise<void> {
  const { administrator } = world.parts;
  expectStatus(await world.use('open', secret), 503);
  expectStatus(await world.post('/auth/login', administrator), 503);
  expectStatus(await world.post('/api/v1/keys', { api: 'open', name: 'x', scopes: [] }, world.browser), 503);
  expectStatus(await world.ask('/auth/session', { headers: world.browser }), 503);
}
