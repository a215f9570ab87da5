import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { decodeVerifyQueries, encodeFacts, encodeVerifyReplies } from '@gatehouse/contracts/verify-records';
import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { createLogger } from '@gatehouse/observability/logger';
import { describe, expect, it } from '@jest/globals';
import { keysClient } from './keys.client.js';

const DIGEST = digestKey('secret');

/** A client, and a service that knows one key, or none, and writes down which revision it was told. */
async function start() {
  const bus = inProcessBus();
  const service = { key: aKey() as ReturnType<typeof aKey> | undefined, told: [] as number[] };
  await bus.answer(VERIFY_SUBJECT, 'keys', async (payload) => {
    const replies = decodeVerifyQueries(payload).map(({ knownRevision }) => {
      service.told.push(knownRevision);
      if (service.key === undefined) return 'unknown';
      return service.key.revision === knownRevision ? 'unchanged' : encodeFacts(service.key);
    });
    return encodeVerifyReplies('0'.repeat(32), replies);
  });
  const { findKey } = keysClient({
    bus,
    logger: createLogger('gateway', 'silent'),
    deadlineMs: 1_000,
    onExchange: () => {},
    monotonicMs: () => 0,
  });
  return { service, findKey };
}

describe('the facts that a gateway remembers', () => {
  it('are asked about for every request, and have only to be confirmed from the third one of a key on', async () => {
    const { service, findKey } = await start();
    for (let request = 0; request < 4; request++) expect(await findKey(DIGEST)).toEqual(aKey());
    expect(service.told).toEqual([0, 0, 1, 1]);
  });

  it('give way at once to newer ones, and are forgotten with the key', async () => {
    const { service, findKey } = await start();
    for (let request = 0; request < 3; request++) await findKey(DIGEST);
    service.key = aKey({ revision: 2, state: 'revoked' });
    expect(await findKey(DIGEST)).toEqual(service.key);
    await findKey(DIGEST);
    service.key = undefined;
    expect(await findKey(DIGEST)).toBe('unknown');
    expect(await findKey(DIGEST)).toBe('unknown');
    expect(service.told).toEqual([0, 0, 1, 1, 2, 2, 0]);
  });

  it('are the same object while nothing changes, so that what was worked out from them holds', async () => {
    const { findKey } = await start();
    await findKey(DIGEST);
    const facts = await findKey(DIGEST);
    expect(await findKey(DIGEST)).toBe(facts);
  });
});
