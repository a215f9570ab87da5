import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { temporaryFolder } from './temporary-folder.js';

/** A real Chromium with an empty profile of its own, and an authenticator that a test can look into. */
export interface TestChromium {
  readonly page: Page;
  /** Runs JavaScript in the page, as its own scripts run. @param code an expression; a promise is waited for */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare what they read
  run(code: string): Promise<any>;
  /** Sends a request as the page's own scripts do, with its cookies and its CSRF token. */
  send(method: string, path: string, json?: unknown): Promise<{ readonly status: number; readonly body: Body }>;
  readonly authenticator: Authenticator;
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: tests compare what they read
type Body = any;

/** A platform authenticator in software: it keeps passkeys, and says that it has checked who holds it. */
interface Authenticator {
  credentials(): Promise<readonly { readonly credentialId: string; readonly signCount: number }[]>;
  /** Whether it says that it has checked its holder from now on. */
  setUserVerified(isVerified: boolean): Promise<void>;
  clear(): Promise<void>;
}

const ARGUMENTS = [
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Starts Chromium (CHROMIUM_PATH, or found on PATH) at an address. */
export async function startChromium(url: string): Promise<TestChromium> {
  const folder = await temporaryFolder('gatehouse-chromium-');
  const context: BrowserContext = await chromium.launchPersistentContext(folder, {
    executablePath: process.env['CHROMIUM_PATH'] ?? findOnPath('chromium'),
    headless: true,
    // As root the sandbox cannot be made.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ARGUMENTS,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const cdp = await context.newCDPSession(page);
  const authenticator = await addAuthenticator(cdp);
  await page.goto(url);
  // biome-ignore lint/suspicious/noExplicitAny: tests compare what they read
  const run = (code: string): Promise<any> => page.evaluate(code);
  return {
    page,
    run,
    send: (method, path, json) => run(`(${SEND})(${JSON.stringify([method, path, json ?? null])})`),
    authenticator,
    stop: async () => {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function findOnPath(program: string): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${program} is not on PATH`);
  return found;
}

/** Runs in the page: the token is asked for each time, since a sign-in brings another one. */
const SEND = `async ([method, path, json]) => {
  const session = await (await fetch('/auth/session')).json();
  const headers = { 'content-type': 'application/json' };
  if (session.csrf_token) headers['x-csrf-token'] = session.csrf_token;
  const answer = await fetch(path, { method, headers, ...(json === null ? {} : { body: JSON.stringify(json) }) });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}`;

async function addAuthenticator(cdp: CDPSession): Promise<Authenticator> {
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    setUserVerified: async (isUserVerified) => {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    clear: async () => {
      await cdp.send('WebAuthn.clearCredentials', { authenticatorId });
    },
  };
}
