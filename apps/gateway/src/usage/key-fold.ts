import { CALLERS_MAX } from '@gatehouse/contracts/usage-report';
import type { Use } from './use.js';

const HOURS_OF_KEY_MAX = 24;
const SECRETS_OF_KEY_MAX = 4;
const HOUR_MS = 3_600_000;

interface CallerFold {
  uses: number;
  last: Use;
}

export interface SecretFold {
  readonly generation: number;
  readonly retiring: boolean;
  uses: number;
  lastAtMs: number;
  /** Address -> user agent -> caller. */
  readonly callers: Map<string, Map<string, CallerFold>>;
  callersCount: number;
}

export interface HourFold {
  readonly startMs: number;
  requests: number;
  refused: number;
  cost: number;
  unlogged: number;
  readonly scopes: Map<string, { uses: number; lastAtMs: number }>;
}

/** What one key was used for, added up. */
export interface KeyFold {
  readonly keyId: string;
  last: Use;
  readonly hours: HourFold[];
  readonly secrets: SecretFold[];
  readonly log: Use[];
}

/** How many callers may still be kept, of all keys together. */
export interface CallersLeft {
  left: number;
}

export function newKeyFold(first: Use): KeyFold {
  return { keyId: first.keyId, last: first, hours: [], secrets: [], log: [] };
}

/** Adds a use of this key. @returns what could not be kept of it: all of it, its caller, or nothing. */
export function addToKey(key: KeyFold, use: Use, callers: CallersLeft): 'request' | 'caller' | undefined {
  const hour = hourOf(key, use.atMs);
  if (hour === undefined) return 'request';
  if (use.atMs >= key.last.atMs) key.last = use;
  hour.requests++;
  if (use.allowed) addAllowed(hour, use);
  else hour.refused++;
  if (use.logged) key.log.push(use);
  else hour.unlogged++;
  return addCaller(key, use, callers) ? undefined : 'caller';
}

function addCaller(key: KeyFold, use: Use, callers: CallersLeft): boolean {
  const secret = secretOf(key, use);
  if (secret === undefined) return false;
  secret.uses++;
  if (use.atMs > secret.lastAtMs) secret.lastAtMs = use.atMs;
  const known = secret.callers.get(use.address)?.get(use.userAgent);
  if (known !== undefined) {
    known.uses++;
    if (use.atMs >= known.last.atMs) known.last = use;
    return true;
  }
  if (secret.callersCount >= CALLERS_MAX || callers.left <= 0) return false;
  callers.left--;
  secret.callersCount++;
  const ofAddress = secret.callers.get(use.address);
  if (ofAddress === undefined) secret.callers.set(use.address, new Map([[use.userAgent, { uses: 1, last: use }]]));
  else ofAddress.set(use.userAgent, { uses: 1, last: use });
  return true;
}

function addAllowed(hour: HourFold, { scopesNeeded, cost, atMs }: Use): void {
  hour.cost += cost;
  for (const scope of scopesNeeded) {
    const used = hour.scopes.get(scope);
    if (used === undefined) {
      hour.scopes.set(scope, { uses: 1, lastAtMs: atMs });
    } else {
      used.uses++;
      if (atMs > used.lastAtMs) used.lastAtMs = atMs;
    }
  }
}

/** There is hardly ever more than one, and never many: an array is searched faster than a map. */
function hourOf({ hours }: KeyFold, atMs: number): HourFold | undefined {
  const startMs = atMs - (atMs % HOUR_MS);
  for (const hour of hours) if (hour.startMs === startMs) return hour;
  if (hours.length >= HOURS_OF_KEY_MAX) return undefined;
  const hour = { startMs, requests: 0, refused: 0, cost: 0, unlogged: 0, scopes: new Map() };
  hours.push(hour);
  return hour;
}

function secretOf({ secrets }: KeyFold, { generation, retiring }: Use): SecretFold | undefined {
  for (const secret of secrets) {
    if (secret.generation === generation && secret.retiring === retiring) return secret;
  }
  if (secrets.length >= SECRETS_OF_KEY_MAX) return undefined;
  const secret = { generation, retiring, uses: 0, lastAtMs: 0, callers: new Map(), callersCount: 0 };
  secrets.push(secret);
  return secret;
}
