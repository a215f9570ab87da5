import { rememberDevice } from '@gatehouse/contracts/accounts';
import { type proceededSchemas, signOut } from '@gatehouse/contracts/identity';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { authenticate } from '../management/authenticate.client.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { readSessionCookie, sessionCookie } from '../management/session-cookie.js';
import type { ManagementSettings } from '../management/settings.js';
import { deviceCookie, readDeviceToken } from './device-cookie.js';

/** Where a sign-in stands, as identity says. */
export type Proceeded = z.output<(typeof proceededSchemas)[number]>;
type SignedIn = Extract<Proceeded, { kind: 'signed_in' }>;
type Origin = z.input<typeof signOut.input>['origin'];

/** What answering takes. */
export interface WelcomePorts {
  readonly ask: AskService;
  readonly settings: ManagementSettings;
}

/**
 * Answers any step of a sign-in: with the session and its cookie, or with what is to be shown next. Who signs in anew leaves
 * no older session behind in this browser, so no fixed one outlives the sign-in [H-075].
 * @throws Refusal for a disabled account
 */
export async function welcome(
  proceeded: Proceeded,
  origin: Origin,
  request: FastifyRequest,
  reply: FastifyReply,
  { ask, settings }: WelcomePorts,
) {
  switch (proceeded.kind) {
    case 'account_disabled':
      throw new Refusal('account_disabled');
    case 'second_factor_required':
      return {
        status: 'second_factor_required',
        challenge: proceeded.challenge,
        methods: proceeded.methods,
        expires_in: proceeded.expiresInSeconds,
      };
    case 'signed_in': {
      await endPreviousSession(origin, request, ask, settings);
      const lifeMs = Date.parse(proceeded.absoluteExpiresAt) - settings.nowMs();
      const cookie = sessionCookie(proceeded.sessionToken, lifeMs / 1000, settings.secureCookies);
      reply.header('set-cookie', [cookie, ...(await knowDevice(proceeded, request, { ask, settings }))]);
      return signedInJson(proceeded);
    }
  }
}

/** From now on guesses from elsewhere do not lock this device out. @returns the cookie that it keeps, where that is new. */
async function knowDevice(
  { sessionToken }: SignedIn,
  request: FastifyRequest,
  { ask, settings }: WelcomePorts,
): Promise<string[]> {
  const deviceToken = readDeviceToken(request.headers.cookie, settings.secureCookies);
  const remembered = await ask(rememberDevice, { sessionToken, deviceToken });
  if (remembered.deviceToken === null) return [];
  return [deviceCookie(remembered.deviceToken, remembered.keptSeconds, settings.secureCookies)];
}

/** Whether an answer is where a sign-in stands, and not a refusal before it went on. */
export function isProceeded<Other extends { readonly kind: string }>(answer: Proceeded | Other): answer is Proceeded {
  return KINDS.includes(answer.kind);
}

const KINDS: readonly string[] = [
  'signed_in',
  'second_factor_required',
  'account_disabled',
] satisfies Proceeded['kind'][];

async function endPreviousSession(
  origin: Origin,
  request: FastifyRequest,
  ask: AskService,
  settings: ManagementSettings,
): Promise<void> {
  const cookie = readSessionCookie(request.headers.cookie, settings.secureCookies);
  if (cookie.kind !== 'found') return;
  const credential = { kind: 'found', sessionToken: cookie.token.slice(0, 200), accessToken: undefined } as const;
  const previous = await authenticate(credential, false, ask);
  if (previous.kind === 'authenticated') await ask(signOut, { sessionId: previous.session.sessionId, origin });
}

function signedInJson(answer: SignedIn) {
  return {
    status: 'signed_in',
    access_token: answer.accessToken,
    token_type: 'Bearer',
    expires_in: answer.accessTokenTtlSeconds,
    account: answer.account,
  };
}
