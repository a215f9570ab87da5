import { DEAR, LIMITED_APIS, LONE } from '../configuration.mjs';
import { bearer } from './key-lives.mjs';

/** One question in so many is a dear one. */
const DEAR_CHANCE = 0.1;
/** A gateway that cannot ask says so at once: asking it again as fast would only keep all others busy. */
const AWAY_MS = 50;

/** Keys with limits, used as fast as the gateways answer; and one that waits for its Retry-After. */
export async function limitedKeys(world) {
  const { recorder, manage, anyGateway, client } = world;
  const keys = [];
  for (const { name: api, key: limits, organization, keys: count } of LIMITED_APIS) {
    const shared = organization.length === 0 ? [] : [`organization at ${api}`];
    for (const name of shared) recorder.subject(name, organization);
    for (let index = 0; index < count; index++) {
      const key = await newKey(api, limits);
      keys.push({ ...key, api, subjects: [key.id, ...shared] });
    }
  }
  const lone = await newKey('lone', LONE);

  async function newKey(api, limits) {
    const json = { api, name: 'limited', scopes: [] };
    const gateway = client.gateways[0];
    const created = await manage({ process: 'limits', gateway, method: 'POST', path: '/api/v1/keys', json, as: [] });
    if (created.status !== 201) throw new Error(`no key for ${api}: ${created.status} ${created.text}`);
    const { id, key } = JSON.parse(created.text);
    recorder.subject(id, limits);
    return { id, key, headers: bearer(key) };
  }

  const take = async (process, api, { id, headers }, gateway, subjects, { path = '', ...given } = {}) => {
    const answer = await client.use({
      process,
      object: `${id}#1`,
      gateway,
      path: `/apis/${api}/${path}`,
      headers,
      given: { subjects, ...given },
    });
    if (answer.status === 200 || answer.status === 429) world.counts.limited++;
    return answer;
  };

  return {
    /** Each client has a gateway of its own: one that hangs keeps its own clients waiting, and no others. */
    takeOne: async (process, random, index) => {
      const key = random.pick(keys);
      const gateway = client.gateways[index % client.gateways.length];
      const given = random.chance(DEAR_CHANCE) ? DEAR : {};
      const { status } = await take(process, key.api, key, gateway, key.subjects, given);
      if (status !== 200 && status !== 429) await pause(AWAY_MS);
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
