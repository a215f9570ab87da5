import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { connectNats } from '@gatehouse/bus/nats.client';
import * as federation from '@gatehouse/contracts/federation';
import {
  ALLOT_SUBJECT,
  GIVE_BACK_SUBJECT,
  gatewayInvalidateSubject,
  invalidateSubject,
  TAKE_SUBJECT,
  VERIFY_SUBJECT,
  verifyReplicaSubject,
} from '@gatehouse/contracts/hot-subjects';
import * as identity from '@gatehouse/contracts/identity';
import * as keys from '@gatehouse/contracts/keys';
import * as leases from '@gatehouse/contracts/leases';
import * as possession from '@gatehouse/contracts/possession';
import { type NatsServer, startNatsServer } from '@gatehouse/launch/nats-server.client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { root } from './manifests.js';

const SERVICES = ['gateway', 'keys', 'identity', 'ratelimit'] as const;
type Service = (typeof SERVICES)[number];

const HOLDER = '0123456789abcdef0123456789abcdef';
const password = (service: string) => `p${service}0123456789`;
const environment = {
  PATH: process.env['PATH'],
  ...Object.fromEntries(SERVICES.map((service) => [`NATS_${service.toUpperCase()}_PASSWORD`, password(service)])),
};
const configuration = (file: string) => join(root, 'k8s', file);

/** Every subject that a service answers: of the contracts, and of the hot path. */
const ANSWERED: readonly string[] = [
  VERIFY_SUBJECT,
  verifyReplicaSubject(HOLDER),
  TAKE_SUBJECT,
  ALLOT_SUBJECT,
  GIVE_BACK_SUBJECT,
  ...[keys, leases, possession, identity, federation]
    .flatMap((contracts): unknown[] => Object.values(contracts))
    .map((exported) => (exported as { subject?: unknown }).subject)
    .filter((subject): subject is string => typeof subject === 'string'),
];
const answerer = (subject: string) => subject.split('.')[2] as Service;

describe('the NATS accounts', () => {
  let server: NatsServer;
  const open: NatsConnection[] = [];

  beforeAll(async () => {
    server = await startNatsServer({ configFile: configuration('base/nats/nats.conf'), environment });
  });
  afterAll(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await server.stop();
  });

  const busOf = (service: Service, errors: string[] = []) =>
    connectNats({
      url: `nats://${service}:${password(service)}@127.0.0.1:${server.port}`,
      name: service,
      logger: {
        info: () => undefined,
        warn: () => undefined,
        error: (fields: object, message: string) => errors.push(`${message} ${JSON.stringify(fields)}`),
      },
    });

  /** A connection of our own making, which does not keep to the manners of the bus. */
  async function login(user: Service) {
    const connection = await connect({
      servers: `127.0.0.1:${server.port}`,
      user,
      pass: password(user),
      inboxPrefix: `_INBOX_${user}`,
      reconnect: false,
    });
    open.push(connection);
    const violations: string[] = [];
    void (async () => {
      for await (const status of connection.status()) {
        if (status.type === 'error') violations.push(status.error.message);
      }
    })();
    /** What the server has said against it by the time that it has answered a ping. */
    const complaints = async () => {
      await connection.flush();
      await new Promise((resolve) => setImmediate(resolve));
      return violations.splice(0);
    };
    return { connection, complaints };
  }

  it.each(['base/nats/nats.conf', 'base/nats/server.conf'])(
    'are in a configuration that nats-server reads: %s',
    (file) => {
      const { status, stderr } = spawnSync('nats-server', ['-t', '-c', configuration(file)], { env: environment });
      expect([status, String(stderr)]).toEqual([0, expect.stringContaining('is valid')]);
    },
  );

  it('are those of the cluster in overlays/production as well', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nats-'));
    for (const file of ['base/nats/nats.conf', 'base/nats/server.conf', 'overlays/production/nats-cluster.conf']) {
      copyFileSync(configuration(file), join(folder, basename(file)));
    }
    const routes = [0, 1, 2].map((index) => [
      `NATS_ROUTE_${index}`,
      `"nats://route:${password('cluster')}@nats-${index}.nats-peers:6222"`,
    ]);
    const { status, stderr } = spawnSync('nats-server', ['-t', '-c', join(folder, 'nats-cluster.conf')], {
      env: {
        ...environment,
        ...Object.fromEntries(routes),
        POD_NAME: 'nats-0',
        NATS_CLUSTER_PASSWORD: password('cluster'),
      },
    });
    rmSync(folder, { recursive: true });
    expect([status, String(stderr)]).toEqual([0, expect.stringContaining('is valid')]);
  });

  it('stop the start of the server where a password is missing', () => {
    const { NATS_KEYS_PASSWORD: _, ...incomplete } = environment as Record<string, string>;
    const { status, stderr } = spawnSync('nats-server', ['-t', '-c', configuration('base/nats/nats.conf')], {
      env: incomplete,
    });
    expect([status, String(stderr)]).toEqual([1, expect.stringContaining('NATS_KEYS_PASSWORD')]);
  });

  it('let the gateway ask every service on every subject, and each service answer on its own', async () => {
    const errors: string[] = [];
    const buses = Object.fromEntries(
      await Promise.all(SERVICES.map(async (service) => [service, await busOf(service, errors)] as const)),
    );
    try {
      expect(ANSWERED.length).toBeGreaterThan(10);
      for (const subject of ANSWERED) {
        await buses[answerer(subject)]?.answer(subject, answerer(subject), async (payload) => payload);
      }
      for (const subject of ANSWERED) {
        const said = await buses['gateway']?.request(subject, Buffer.from(subject), 2_000);
        expect(Buffer.from(said ?? []).toString()).toBe(subject);
      }
      expect(errors).toEqual([]);
    } finally {
      await Promise.all(Object.values(buses).map((bus) => bus.drain()));
    }
  });

  it.each([
    ['keys', invalidateSubject(HOLDER)],
    ['gateway', gatewayInvalidateSubject(HOLDER)],
  ] as const)('let a keys replica tell another holder (%s) that a key has changed', async (holder, subject) => {
    const [first, second] = await Promise.all([busOf('keys'), busOf(holder)]);
    try {
      await second.answer(subject, HOLDER, async () => Buffer.from('done'));
      expect(Buffer.from(await first.request(subject, Buffer.from('key'), 2_000)).toString()).toBe('done');
    } finally {
      await Promise.all([first.drain(), second.drain()]);
    }
  });

  it.each([
    ['gateway', invalidateSubject(HOLDER)],
    ['gateway', gatewayInvalidateSubject(HOLDER)],
    ['gateway', `${verifyReplicaSubject(HOLDER)}.x`],
    ['gateway', '_INBOX_keys.x'],
    ['gateway', '$SYS.REQ.SERVER.PING'],
    ['gateway', '$JS.API.INFO'],
    ['keys', 'gatehouse.v1.identity.sign-in'],
    ['keys', VERIFY_SUBJECT],
    ['keys', verifyReplicaSubject(HOLDER)],
    ['keys', leases.renewLease.subject],
    ['keys', TAKE_SUBJECT],
    ['identity', ALLOT_SUBJECT],
    ['keys', GIVE_BACK_SUBJECT],
    ['keys', '_INBOX_gateway.x'],
    ['identity', 'gatehouse.v1.keys.revoke'],
    ['identity', leases.registerLease.subject],
    ['identity', gatewayInvalidateSubject(HOLDER)],
    ['identity', 'gatehouse.v1.identity.sign-in'],
    ['identity', verifyReplicaSubject(HOLDER)],
    ['identity', '_INBOX_gateway.x'],
    ['ratelimit', VERIFY_SUBJECT],
    ['ratelimit', verifyReplicaSubject(HOLDER)],
    ['ratelimit', leases.releaseLease.subject],
    ['ratelimit', gatewayInvalidateSubject(HOLDER)],
    ['ratelimit', TAKE_SUBJECT],
    ['ratelimit', '_INBOX_gateway.x'],
  ] as const)('[H-129] keep %s from publishing to %s', async (user, subject) => {
    const { connection, complaints } = await login(user);
    connection.publish(subject, 'x');
    expect(await complaints()).toEqual([`Permissions Violation for Publish to "${subject}"`]);
  });

  it.each([
    ['gateway', VERIFY_SUBJECT],
    ['gateway', verifyReplicaSubject(HOLDER)],
    ['gateway', leases.renewLease.subject],
    ['gateway', invalidateSubject(HOLDER)],
    ['gateway', 'gatehouse.>'],
    ['gateway', '_INBOX_keys.>'],
    ['gateway', '>'],
    ['keys', '_INBOX_gateway.>'],
    ['keys', 'gatehouse.v1.identity.sign-in'],
    ['keys', gatewayInvalidateSubject(HOLDER)],
    ['keys', TAKE_SUBJECT],
    ['keys', '$SYS.>'],
    ['identity', VERIFY_SUBJECT],
    ['identity', verifyReplicaSubject(HOLDER)],
    ['identity', '_INBOX_gateway.>'],
    ['identity', invalidateSubject(HOLDER)],
    ['identity', gatewayInvalidateSubject(HOLDER)],
    ['ratelimit', VERIFY_SUBJECT],
    ['ratelimit', verifyReplicaSubject(HOLDER)],
    ['ratelimit', '_INBOX_gateway.>'],
    ['ratelimit', '_INBOX.>'],
  ] as const)('[H-129] [H-132] keep %s from hearing %s', async (user, subject) => {
    const { connection, complaints } = await login(user);
    connection.subscribe(subject, { queue: 'keys', callback: () => undefined });
    expect((await complaints())[0]).toContain(`Permissions Violation for Subscription to "${subject}"`);
  });

  it('allow one reply to a request, and no second', async () => {
    const [gateway, identity] = [await login('gateway'), await login('identity')];
    identity.connection.subscribe('gatehouse.v1.identity.jwks', {
      callback: (_error, message) => {
        message.respond('first');
        message.respond('second');
      },
    });
    await identity.connection.flush();
    const reply = await gateway.connection.request('gatehouse.v1.identity.jwks', 'x', { timeout: 2_000 });
    expect(reply.string()).toBe('first');
    expect(await identity.complaints()).toEqual([expect.stringContaining('Permissions Violation for Publish')]);
  });

  it.each([
    ['nobody', {}],
    ['a wrong password', { user: 'keys', pass: password('identity') }],
    ['a user that there is not', { user: 'admin', pass: password('keys') }],
  ])('[H-129] let in %s never', async (_who, credentials) => {
    const attempt = connect({ servers: `127.0.0.1:${server.port}`, reconnect: false, ...credentials });
    await expect(attempt).rejects.toThrow(/Authorization Violation/);
  });
});
