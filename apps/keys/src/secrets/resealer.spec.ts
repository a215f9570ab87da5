import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type OldSecret, Resealer } from './resealer.js';

const secret = (): OldSecret => ({ digest: randomBytes(32), hmac: randomBytes(32) });

/** A resealer whose statements end when the test says so. */
function openResealer() {
  const begun: { readonly secret: OldSecret; readonly end: (error?: Error) => void }[] = [];
  const pauses: (() => void)[] = [];
  const warned: string[] = [];
  const resealer = new Resealer({
    reseal: (found) =>
      new Promise((resolve, reject) => {
        begun.push({ secret: found, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    pause: () => new Promise<void>((resolve) => pauses.push(resolve)),
    log: { warn: (_fields, message) => warned.push(message) },
  });
  return { resealer, begun, pauses, warned };
}

const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe('sealing anew in the background', () => {
  it('begins after the turn in which the secret was found', async () => {
    const { resealer, begun } = openResealer();
    resealer.offer(secret());
    expect(begun).toEqual([]);
    await turns();
    expect(begun).toHaveLength(1);
  });

  it('does each secret once at a time, however often it is offered, and two at once at most', async () => {
    const { resealer, begun } = openResealer();
    const secrets = [secret(), secret(), secret()];
    for (let round = 0; round < 10; round++) for (const one of secrets) resealer.offer(one);
    await turns();
    for (const one of secrets) resealer.offer(one);
    expect(begun.map((one) => one.secret)).toEqual(secrets.slice(0, 2));
    begun[0]?.end();
    await turns();
    expect(begun.map((one) => one.secret)).toEqual(secrets);
    begun[1]?.end();
    begun[2]?.end();
    await turns();
    expect(begun).toHaveLength(3);
    // One that comes again after its end is done again: it may have been put back.
    resealer.offer(secrets[0] as OldSecret);
    await turns();
    expect(begun).toHaveLength(4);
  });

  it('tries again after a pause where the database fails, and is told of it', async () => {
    const { resealer, begun, pauses, warned } = openResealer();
    const one = secret();
    resealer.offer(one);
    await turns();
    begun[0]?.end(new Error('no database'));
    await turns();
    expect([begun.length, pauses.length, warned.length]).toEqual([1, 1, 1]);
    pauses[0]?.();
    await turns();
    expect(begun.map(({ secret: tried }) => tried)).toEqual([one, one]);
  });

  it('holds a bounded number; what is found beyond waits for its next lookup', async () => {
    let resealed = 0;
    const resealer = new Resealer({
      reseal: async () => void resealed++,
      pause: async () => {},
      log: { warn: () => {} },
    });
    const hmacs = Array.from({ length: 100_010 }, (_, index) => Buffer.from(String(index)));
    for (const hmac of hmacs) resealer.offer({ digest: hmac, hmac });
    await new Promise((resolve) => setImmediate(resolve));
    expect(resealed).toBe(100_000);
  });

  it('stops with what is under way, and takes nothing after that', async () => {
    const { resealer, begun } = openResealer();
    for (let index = 0; index < 5; index++) resealer.offer(secret());
    await turns();
    let stopped = false;
    const stopping = resealer.stop().then(() => {
      stopped = true;
    });
    resealer.offer(secret());
    await turns();
    expect(stopped).toBe(false);
    for (const { end } of begun) end();
    await stopping;
    expect(begun).toHaveLength(2);
  });
});
