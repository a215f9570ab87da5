import { LIMITS } from '../configuration.mjs';
import { bearer } from './key-lives.mjs';

/** API, the limits of its keys, and what else its requests are counted for. */
const KINDS = [
  ['limited', 'key', 'organization'],
  ['sliding', 'sliding'],
  ['limited', 'key', 'organization'],
  ['bucket', 'bucket'],
];

/** Keys with limits, used as fast as the gateways answer; and one that waits for its Retry-After. */
export async function limitedKeys(world, count) {
  const { recorder, manage, anyGateway, client } = world;
  recorder.subject('organization', LIMITS.organization);
  const keys = [];
  for (let index = 0; index < count; index++) {
    const [api, ...subjects] = KINDS[index % KINDS.length];
    const key = await newKey(api, LIMITS[subjects[0]]);
    keys.push({ ...key, api, subjects: [key.id, ...subjects.slice(1)] });
  }
  const lone = await newKey('lone', LIMITS.lone);

  async function newKey(api, limits) {
    const json = { api, name: 'limited', scopes: [] };
    const gateway = client.gateways[0];
    const created = await manage({ process: 'limits', gateway, method: 'POST', path: '/api/v1/keys', json, as: [] });
    if (created.status !== 201) throw new Error(`no key for ${api}: ${created.status} ${created.text}`);
    const { id, key } = JSON.parse(created.text);
    recorder.subject(id, limits);
    return { id, key };
  }

  const take = (process, api, { id, key }, gateway, subjects, given = {}) =>
    client.use({
      process,
      object: `${id}#1`,
      gateway,
      path: `/apis/${api}/`,
      headers: bearer(key),
      given: { subjects, ...given },
    });

  return {
    takeOne: async (process, random) => {
      const key = random.pick(keys);
      const { status } = await take(process, key.api, key, anyGateway(random), key.subjects);
      world.counts.limited++;
      // A gateway that is away answers at once.
      if (status === null) await pause(20);
    },
    /** Uses its quota up, waits exactly as long as it is told, and asks once more. */
    waitOne: async (process, random) => {
      let answer = await take(process, 'lone', lone, anyGateway(random), [lone.id]);
      while (answer.status === 200) answer = await take(process, 'lone', lone, anyGateway(random), [lone.id]);
      if (answer.status !== 429) return pause(100);
      await pause(answer.retryAfterSeconds * 1_000);
      await take(process, 'lone', lone, anyGateway(random), [lone.id], { afterRetryAfterOf: answer.id });
    },
  };
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
