import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** GitHub's secret scanning, as far as partners see it: two public keys, and reports signed with either. */
export interface FakeGithub {
  /** Where the public keys are. */
  readonly keysUrl: string;
  readonly keyIds: readonly [string, string];
  /** How often the keys were asked for. */
  asked(): number;
  /** What it answers from now on, in place of the keys. */
  answerInstead(answer: { readonly status: number; readonly body: string } | undefined): void;
  /** The headers of a report with this body, signed with the first key, or another one. */
  headersFor(body: string | Buffer, keyId?: string): Record<string, string>;
  stop(): Promise<void>;
}

/** Serves the keys on a free port of this machine. */
export async function startFakeGithub(): Promise<FakeGithub> {
  const keyIds = ['1'.repeat(64), '2'.repeat(64)] as const;
  const pairs = new Map(keyIds.map((id) => [id as string, generateKeyPairSync('ec', { namedCurve: 'P-256' })]));
  const published = keyIds.map((id, place) => ({
    key_identifier: id,
    key: pairs.get(id)?.publicKey.export({ type: 'spki', format: 'pem' }),
    is_current: place === 0,
  }));
  let asked = 0;
  let instead: { readonly status: number; readonly body: string } | undefined;
  const server = createServer((request, response) => {
    asked++;
    const { status, body } = instead ?? { status: 200, body: JSON.stringify({ public_keys: published }) };
    // As the real one does.
    const refused = request.headers['user-agent'] === undefined;
    response.writeHead(refused ? 403 : status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    keysUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/meta/public_keys/secret_scanning`,
    keyIds,
    asked: () => asked,
    answerInstead: (answer) => {
      instead = answer;
    },
    headersFor: (body, keyId = keyIds[0]) => {
      const key = (pairs.get(keyId) ?? pairs.get(keyIds[0]))?.privateKey as KeyObject;
      return {
        'content-type': 'application/json',
        'github-public-key-identifier': keyId,
        'github-public-key-signature': sign('sha256', Buffer.from(body), key).toString('base64'),
      };
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
