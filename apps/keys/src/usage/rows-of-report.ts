import type { KeyUse, UsageReport } from '@gatehouse/contracts/usage-report';

/** Rows as the tables have them, to be added to what is there; each primary key occurs once. Moments are ISO texts. */
export interface UsageRows {
  readonly keys: readonly KeyRow[];
  readonly secrets: readonly SecretRow[];
  readonly callers: readonly CallerRow[];
  readonly hours: readonly HourRow[];
  readonly scopes: readonly ScopeRow[];
  readonly requests: readonly RequestRow[];
}

/** `logged`: how many rows the request log gets. */
type KeyRow = { key_id: string; at: string; address: string; user_agent: string; route: string; logged: number };
type SecretRow = { key_id: string; generation: number; retiring: boolean; uses: number; last_at: string };
type CallerRow = SecretRow & { address: string; user_agent: string; route: string };
type HourRow = { key_id: string; hour: string; requests: number; refused: number; cost: number; unlogged: number };
type ScopeRow = { key_id: string; scope: string; day: string; uses: number; last_at: string };
type RequestRow = Omit<KeyRow, 'logged'> & {
  request_id: string;
  generation: number;
  method: string;
  path: string;
  status: number;
  outcome: string;
  cost: number;
};

/**
 * A report as rows. What has one primary key is put together: a key may come in several parts, and two callers that
 * differed in what is no text are one.
 */
export function rowsOfReport({ keys }: UsageReport): UsageRows {
  return {
    keys: merged(keys.flatMap(keyRows), ['key_id'], addKey),
    secrets: merged(keys.flatMap(secretRows), ['key_id', 'generation', 'retiring'], addUses),
    callers: merged(keys.flatMap(callerRows), ['key_id', 'generation', 'retiring', 'address', 'user_agent'], addCaller),
    hours: merged(keys.flatMap(hourRows), ['key_id', 'hour'], addHour),
    scopes: merged(keys.flatMap(scopeRows), ['key_id', 'scope', 'day'], addUses),
    requests: merged(keys.flatMap(requestRows), ['key_id', 'at', 'request_id'], (row) => row),
  };
}

export function requestRowOf(
  keyId: string,
  { requestId, atMs, userAgent, ...same }: KeyUse['log'][number],
): RequestRow {
  return { key_id: keyId, at: iso(atMs), request_id: requestId, user_agent: userAgent, ...same };
}

function merged<Row>(rows: readonly Row[], primaryKey: readonly (keyof Row)[], add: (a: Row, b: Row) => Row): Row[] {
  const byKey = new Map<string, Row>();
  for (const row of rows) {
    const key = JSON.stringify(primaryKey.map((column) => row[column]));
    const other = byKey.get(key);
    byKey.set(key, other === undefined ? row : add(other, row));
  }
  return [...byKey.values()];
}

/** A part without a last use has log entries. */
function keyRows({ keyId, last, log }: KeyUse): KeyRow[] {
  const uses = [...(last === null ? [] : [{ ...last, atMs: last.lastAtMs }]), ...log];
  const latest = uses.reduce<(typeof uses)[number] | undefined>((a, b) => (a && a.atMs >= b.atMs ? a : b), undefined);
  if (latest === undefined) return [];
  const { atMs, address, userAgent, route } = latest;
  return [{ key_id: keyId, at: iso(atMs), address, user_agent: userAgent, route, logged: log.length }];
}

function secretRows({ keyId, secrets }: KeyUse): SecretRow[] {
  return secrets.map(({ generation, retiring, uses, lastAtMs }) => ({
    key_id: keyId,
    generation,
    retiring,
    uses,
    last_at: iso(lastAtMs),
  }));
}

function callerRows({ keyId, secrets }: KeyUse): CallerRow[] {
  return secrets.flatMap(({ generation, retiring, callers }) =>
    callers.map(({ address, userAgent, route, uses, lastAtMs }) => ({
      key_id: keyId,
      generation,
      retiring,
      address,
      user_agent: userAgent,
      route,
      uses,
      last_at: iso(lastAtMs),
    })),
  );
}

function hourRows({ keyId, hours }: KeyUse): HourRow[] {
  return hours.map(({ startMs, ...amounts }) => ({ key_id: keyId, hour: iso(startMs), ...amounts }));
}

function scopeRows({ keyId, scopes }: KeyUse): ScopeRow[] {
  return scopes.map(({ scope, dayMs, uses, lastAtMs }) => ({
    key_id: keyId,
    scope,
    day: iso(dayMs).slice(0, 10),
    uses,
    last_at: iso(lastAtMs),
  }));
}

function requestRows({ keyId, log }: KeyUse): RequestRow[] {
  return log.map((request) => requestRowOf(keyId, request));
}

function addKey(a: KeyRow, b: KeyRow): KeyRow {
  return { ...(a.at >= b.at ? a : b), logged: a.logged + b.logged };
}

function addCaller(a: CallerRow, b: CallerRow): CallerRow {
  return { ...addUses(a, b), route: later(a, b).route };
}

function addUses<Row extends { uses: number; last_at: string }>(a: Row, b: Row): Row {
  return { ...a, uses: a.uses + b.uses, last_at: later(a, b).last_at };
}

function later<Row extends { last_at: string }>(a: Row, b: Row): Row {
  return a.last_at >= b.last_at ? a : b;
}

function addHour(a: HourRow, b: HourRow): HourRow {
  const sum = (amount: 'requests' | 'refused' | 'cost' | 'unlogged') => a[amount] + b[amount];
  return { ...a, requests: sum('requests'), refused: sum('refused'), cost: sum('cost'), unlogged: sum('unlogged') };
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
