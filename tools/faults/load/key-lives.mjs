/** One whose keys are asked for on every request, and one whose keys gateways remember under leases. */
const APIS = ['life', 'leased'];
const SCOPES = ['invoices.read', 'invoices.write'];
/** How many of the keys that ended are asked for again, and how long after their end at most. */
const GHOSTS = 60;
/** How long after a change its key is used as often as while it was under way. */
const AROUND_MS = 100;

/**
 * Keys that are created, used at all gateways at once, disabled, enabled, narrowed, widened, rotated and revoked. Users go on
 * for a while after the end, and whoever haunts the gateways with keys that ended never stops.
 */
export function keyLives(world) {
  const { ended } = world;

  async function liveOne(process, random) {
    const { client, anyGateway, manage } = world;
    const api = random.pick(APIS);
    const path = `/apis/${api}/write`;
    const created = await manage({
      process,
      gateway: anyGateway(random),
      method: 'POST',
      path: '/api/v1/keys',
      json: { api, name: 'life', scopes: SCOPES },
      as: (answer) =>
        answer.status === 201
          ? [{ operation: 'create', object: `${JSON.parse(answer.text).id}#1`, given: { becomes: 'active' } }]
          : [],
    });
    if (created.status !== 201) return pause(50);
    const { id, key } = JSON.parse(created.text);
    let over = false;
    let calmFromMs = 0;
    // Each user has a gateway of its own: one that hangs keeps only its own waiting. They ask most around changes.
    const user = async (object, secret, place) => {
      const name = `${process} at ${client.gateways[place].name}`;
      const own = world.randomFor(`${name} ${object}`);
      while (!over) {
        await client.use({ process: name, object, gateway: client.gateways[place], path, headers: bearer(secret) });
        await pause(performance.now() < calmFromMs ? own.between(0, 20) : own.between(10, 60));
      }
    };
    const useEverywhere = (object, secret) => client.gateways.map((_, place) => user(object, secret, place));
    const users = useEverywhere(`${id}#1`, key);
    await pause(random.between(20, 120));
    const changeBy = async (request) => {
      calmFromMs = Number.POSITIVE_INFINITY;
      const answer = await manage({ process, gateway: anyGateway(random), method: 'POST', ...request });
      calmFromMs = performance.now() + AROUND_MS;
      return answer;
    };
    const change = (step, operation, becomes, json = {}, method = 'POST', object = `${id}#1`) =>
      changeBy({ method, path: `/api/v1/keys/${id}${step}`, json, as: [{ operation, object, given: { becomes } }] });

    // After a change that may or may not have happened, nothing but the end of the key is asked for.
    let known = true;
    for (let rounds = random.between(0, 2); known && rounds > 0; rounds--) {
      const there = random.chance(0.5)
        ? [
            ['/disable', 'suspend', 'disabled'],
            ['/enable', 'resume', 'active'],
          ]
        : [
            ['', 'narrow', 'narrowed', { scopes: SCOPES.slice(0, 1) }, 'PATCH'],
            ['', 'resume', 'active', { scopes: SCOPES }, 'PATCH'],
          ];
      for (const step of there) {
        if (!known) break;
        known = (await change(...step)).outcome !== 'unknown';
        await pause(random.between(5, 60));
      }
    }
    if (known && random.chance(0.25)) await rotate();
    else await revoke(`${id}#1`, key);
    over = true;
    await Promise.all(users);

    async function revoke(object, secret) {
      const { outcome } = await change('/revoke', 'end', 'revoked', {}, 'POST', object);
      if (outcome === 'ok') haunt(object, secret, path);
      await pause(random.between(50, 300));
    }

    async function rotate() {
      const old = `${id}#1`;
      const next = `${id}#2`;
      const rotated = await changeBy({
        path: `/api/v1/keys/${id}/rotate`,
        json: { grace_seconds: 0 },
        as: () => [
          { operation: 'end', object: old, given: { becomes: 'rotated' } },
          { operation: 'create', object: next, given: { becomes: 'active' } },
        ],
      });
      if (rotated.outcome !== 'ok') return;
      haunt(old, key, path);
      await pause(random.between(20, 100));
      // Nobody uses the old secret any more, whose verdict a revoke would change once more.
      over = true;
      await Promise.all(users);
      over = false;
      const { key: secret } = JSON.parse(rotated.text);
      users.push(...useEverywhere(next, secret));
      await pause(random.between(20, 100));
      await revoke(next, secret);
    }
  }

  function haunt(object, secret, path) {
    world.counts.revocations++;
    ended.push({ object, secret, path });
    if (ended.length > GHOSTS) ended.shift();
  }

  async function hauntOne(process, random, index) {
    const { gateways } = world.client;
    const ghost = ended.length === 0 ? undefined : random.pick(ended);
    if (ghost === undefined) return pause(50);
    await useEnded(world, process, ghost, gateways[index % gateways.length]);
    await pause(random.between(0, 30));
  }

  return { liveOne, hauntOne };
}

/** What is said of an ended key is of no interest to the order of its states: a rotated one may be revoked by now. */
export function useEnded({ client }, process, { object, secret, path }, gateway) {
  return client.use({ process, object, gateway, path, headers: bearer(secret), silent: true });
}

export function bearer(secret) {
  return { authorization: `Bearer ${secret}` };
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
