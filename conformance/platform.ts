import { readFile } from 'node:fs/promises';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { startClusterPlatform, startStandalonePlatform } from '@gatehouse/testing/platform';
import { type Answer, bearer, send } from './send.js';

/** A key as the answer to its creation shows it. */
export interface CreatedKey {
  readonly id: string;
  readonly key: string;
  readonly display: string;
  readonly scopes: readonly string[];
  readonly environment: string;
  readonly organization_id: string;
  readonly created_at: string;
  readonly expires_at: string | null;
}

interface NewKey {
  readonly api: string;
  readonly scopes?: readonly string[];
  readonly name?: string;
  readonly environment?: string;
  /** Id or slug; by default the organization's first one. */
  readonly project?: string;
  readonly expires_in_days?: number;
  readonly expires_at?: string;
}

/** The platform under test, seen from outside: addresses, and an administrator who is signed in. */
export interface PlatformUnderTest {
  readonly url: string;
  /** Every gateway; one of them is `url`. */
  readonly urls: readonly string[];
  /** Where an API is on the platform's own host. */
  apiBase(api: string): string;
  /** The administrator's own e-mail address and password. */
  readonly login: { readonly email: string; readonly password: string };
  /** The administrator signs in anew, as the pages of the platform do. */
  signIn(): Promise<Answer>;
  /** A request of the administrator's to the management API. */
  manage(method: string, path: string, json?: unknown): ReturnType<typeof send>;
  createKey(key: NewKey): Promise<CreatedKey>;
  /** Returns when the platform says that the key is revoked. */
  revokeKey(id: string): Promise<void>;
  /** What the processes wrote so far; empty where the platform was started by somebody else. */
  output(): string;
  stop(): Promise<void>;
}

export interface Topology {
  readonly environment?: Readonly<Record<string, string>>;
  /** Separate processes over NATS, with two gateways and two replicas of keys. */
  readonly cluster?: boolean;
}

/**
 * Starts the platform with `conformance/gatehouse.yaml`. With GATEHOUSE_TEST_URL (several gateways: with commas),
 * GATEHOUSE_TEST_EMAIL and GATEHOUSE_TEST_PASSWORD a freshly started one that runs elsewhere is driven instead; suites
 * that need a certain topology still start their own.
 */
export async function startPlatform(topology?: Topology): Promise<PlatformUnderTest> {
  const given = process.env['GATEHOUSE_TEST_URL'];
  if (topology === undefined && given !== undefined && given !== '') {
    const login = { email: variable('GATEHOUSE_TEST_EMAIL'), password: variable('GATEHOUSE_TEST_PASSWORD') };
    return underTest(
      given.split(','),
      login,
      () => '',
      async () => undefined,
    );
  }
  const upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
  const options = {
    configuration: await readFile(new URL('gatehouse.yaml', import.meta.url), 'utf8'),
    exampleUpstreamUrl: upstream.url,
    ...(topology?.environment === undefined ? {} : { environment: topology.environment }),
  };
  try {
    const platform = topology?.cluster
      ? await startClusterPlatform({ ...options, replicas: { gateway: 2, keys: 2 } })
      : await startStandalonePlatform(options);
    return await underTest(platform.urls, platform.admin, platform.output, async () => {
      await platform.stop();
      await upstream.stop();
    });
  } catch (error) {
    await upstream.stop();
    throw error;
  }
}

async function underTest(
  urls: readonly string[],
  login: { readonly email: string; readonly password: string },
  output: () => string,
  stop: () => Promise<void>,
): Promise<PlatformUnderTest> {
  const url = urls[0] ?? '';
  const signInAnew = () => send(`${url}/auth/login`, { method: 'POST', json: login });
  const accessToken = await accessTokenOf(signInAnew).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const manage = (method: string, path: string, json?: unknown) =>
    send(`${url}${path}`, { method, headers: bearer(accessToken), json });
  return {
    url,
    urls,
    apiBase: (api) => `${url}/apis/${api}`,
    login,
    signIn: signInAnew,
    manage,
    createKey: async (key) => {
      const answer = await manage('POST', '/api/v1/keys', { name: 'conformance', scopes: [], ...key });
      if (answer.status !== 201) throw new Error(`the key was not created: ${answer.status} ${answer.text}`);
      return answer.json() as CreatedKey;
    },
    revokeKey: async (id) => {
      const answer = await manage('POST', `/api/v1/keys/${id}/revoke`, {});
      if (answer.status !== 200) throw new Error(`the key was not revoked: ${answer.status} ${answer.text}`);
    },
    output,
    stop,
  };
}

async function accessTokenOf(signIn: () => Promise<Answer>): Promise<string> {
  const signedIn = await signIn();
  if (signedIn.status !== 200) {
    throw new Error(`the administrator cannot sign in: ${signedIn.status} ${signedIn.text}`);
  }
  return (signedIn.json() as { access_token: string }).access_token;
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is needed together with GATEHOUSE_TEST_URL`);
  return value;
}
