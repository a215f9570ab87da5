import { once } from 'node:events';
import { connect } from 'node:net';
import { boundedQueue } from '@gatehouse/bus/bounded-queue';
import { signIn } from '@gatehouse/contracts/identity';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PASSWORD } from './fake-world.conformance.js';
import { passwordTurnBounds } from './password-turn-bounds.js';
import { type PlatformUnderTest, startPlatformUnderTest } from './platform-under-test.conformance.js';

const DEADLINE_MS = 15_000;
const BODY = JSON.stringify({ email: 'owner@example.com', password: PASSWORD });

describe('turns of requests that hash a password', () => {
  let platform: PlatformUnderTest;
  let turns: ReturnType<typeof boundedQueue>;
  let answers: (() => void)[];
  beforeEach(async () => {
    answers = [];
    turns = boundedQueue({ atOnce: 2, maxWaiting: 3, longestWaitMs: 60_000 });
    platform = await startPlatformUnderTest({ passwordTurns: turns });
    platform.world.instead.set(
      signIn.subject,
      () =>
        new Promise((resolve) => {
          answers.push(() => resolve({ kind: 'credentials_invalid' }));
        }),
    );
  });
  afterEach(async () => {
    for (const answer of answers.splice(0)) answer();
    await platform.stop();
  });

  const logIn = () => platform.send({ method: 'POST', path: '/auth/login', body: JSON.parse(BODY) });
  const until = (what: string, isSo: () => boolean) => waitUntil(what, async () => isSo(), DEADLINE_MS);
  /** A login whose body, or the rest of it, has not come yet. */
  const begin = async (body: string) => {
    const socket = connect(platform.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    const head = ['POST /auth/login HTTP/1.1', 'Host: gate.example', 'Content-Type: application/json'];
    socket.write(`${head.join('\r\n')}\r\nContent-Length: ${BODY.length}\r\n\r\n${body}`);
    return socket;
  };

  it('are taken by so many at once, and by the next when one is answered', async () => {
    const logins = Array.from({ length: 5 }, logIn);
    await until('two are asked for, three wait', () => answers.length === 2 && turns.waiting() === 3);
    for (const left of [2, 1, 0]) {
      answers.shift()?.();
      await until('the next is asked for', () => answers.length === 2 && turns.waiting() === left);
    }
    for (const answer of answers.splice(0)) answer();
    expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    await until('nobody has a turn', () => turns.running() === 0);
  });

  it('are refused with Retry-After where too many wait already', async () => {
    const logins = Array.from({ length: 5 }, logIn);
    await until('two are asked for, three wait', () => answers.length === 2 && turns.waiting() === 3);
    const refused = await logIn();
    expect(refused).toMatchObject({ status: 503, json: { code: 'service_unavailable' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const answering = setInterval(() => answers.shift()?.(), 1);
    await Promise.all(logins);
    clearInterval(answering);
  });

  it('are not held by who sends slowly, nor kept by who has left', async () => {
    const slow = await Promise.all(Array.from({ length: 4 }, () => begin(BODY.slice(0, 9))));
    const first = [logIn(), logIn()];
    await until('two are asked for', () => answers.length === 2);
    const leaving = await begin(BODY);
    await until('one waits', () => turns.waiting() === 1);
    leaving.destroy();
    const last = logIn();
    await until('two wait', () => turns.waiting() === 2);
    for (const answer of answers.splice(0)) answer();
    await Promise.all(first);
    await until('the last is asked for', () => turns.waiting() === 0 && answers.length > 0);
    expect(platform.world.of(signIn.subject).length).toBeLessThanOrEqual(3);
    for (const answer of answers.splice(0)) answer();
    expect((await last).status).toBe(401);
    for (const socket of slow) socket.destroy();
  });

  it('are not needed for anything else', async () => {
    const logins = Array.from({ length: 5 }, logIn);
    await until('two are asked for, three wait', () => answers.length === 2 && turns.waiting() === 3);
    expect((await platform.send({ path: '/api/v1/health' })).status).not.toBe(503);
    const answering = setInterval(() => answers.shift()?.(), 1);
    await Promise.all(logins);
    clearInterval(answering);
  });
});

describe('how many take their turn at once', () => {
  it('is half of the processors, at least one; with more patience where everything takes longer', () => {
    expect([1, 2, 3, 8].map((processors) => passwordTurnBounds(processors, 1).atOnce)).toEqual([1, 1, 1, 4]);
    expect(passwordTurnBounds(2, 3).longestWaitMs).toBe(3 * passwordTurnBounds(2, 1).longestWaitMs);
  });
});
