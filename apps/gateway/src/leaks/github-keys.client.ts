import { createPublicKey, type KeyObject } from 'node:crypto';
import { Agent, request } from 'undici';
import { z } from 'zod';

const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 256 * 1024;

const answerSchema = z.object({
  public_keys: z.array(z.object({ key_identifier: z.string().min(1).max(128), key: z.string().max(4_096) })).max(100),
});

/**
 * Fetches the public keys that GitHub signs reports of its secret scanning with. Those that are not the current one are
 * among them: reports that were signed before a change of keys are still under way.
 * @param url where they are published
 * @returns key id -> key
 * @throws where they cannot be had, or none of them is a P-256 key
 */
export async function fetchGithubKeys(url: string): Promise<ReadonlyMap<string, KeyObject>> {
  const dispatcher = new Agent({
    connect: { timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: ANSWER_BYTES_MAX,
  });
  try {
    const answer = await request(url, {
      dispatcher,
      // GitHub refuses requests that do not say who they are.
      headers: { accept: 'application/json', 'user-agent': 'gatehouse' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (answer.statusCode !== 200) throw new Error(`the signing keys were answered with ${answer.statusCode}`);
    return keysOf(answerSchema.parse(await answer.body.json()));
  } finally {
    await dispatcher.destroy();
  }
}

function keysOf({ public_keys: published }: z.infer<typeof answerSchema>): ReadonlyMap<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  for (const { key_identifier: id, key: pem } of published) {
    const key = readKey(pem);
    if (key !== undefined) keys.set(id, key);
  }
  if (keys.size === 0) throw new Error('there is no P-256 key among the signing keys');
  return keys;
}

/** Another kind of key is none that a report could be checked with; the others are still good. */
function readKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}
