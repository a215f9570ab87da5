import { harmless } from '@gatehouse/contracts/harmless-text';
import { type KeyUse, USAGE_TEXT_MAX } from '@gatehouse/contracts/usage-report';
import type { HourFold, KeyFold, SecretFold } from './key-fold.js';
import type { Use } from './use.js';

/** One report, written: what is sent again must be the same bytes under the same id. */
export interface WrittenReport {
  readonly reportId: string;
  readonly payload: Buffer;
}

export interface ReportWriting {
  /** 32 hexadecimal digits that no other report has. */
  readonly newReportId: () => string;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
}

/** A report is closed when it has this size; the largest part is well below 400 KiB, so none is above 512 KiB. */
const REPORT_BYTES = 96 * 1024;
const LOGGED_IN_PART = 100;
const DAY_MS = 86_400_000;

/**
 * Writes what was folded as reports, one after the other as they are asked for, so that nothing has to wait for all of
 * them. A key whose part would be too large comes in several; they add up.
 */
export function* writeReports(keys: Iterable<KeyFold>, writing: ReportWriting): Generator<WrittenReport, void> {
  let parts: string[] = [];
  let bytes = 0;
  for (const key of keys) {
    for (const part of partsOf(key, writing)) {
      const text = JSON.stringify(part);
      parts.push(text);
      bytes += Buffer.byteLength(text) + 1;
      if (bytes < REPORT_BYTES) continue;
      yield close(parts, writing);
      parts = [];
      bytes = 0;
    }
  }
  if (parts.length > 0) yield close(parts, writing);
}

function close(parts: readonly string[], { newReportId }: ReportWriting): WrittenReport {
  const reportId = newReportId();
  return { reportId, payload: Buffer.from(`{"reportId":"${reportId}","keys":[${parts.join(',')}]}`) };
}

function* partsOf(key: KeyFold, { redact }: ReportWriting): Generator<KeyUse, void> {
  const clean = (text: string) => harmless(redact(text), USAGE_TEXT_MAX);
  const logged = (use: Use) => loggedRequestOf(use, clean);
  yield {
    keyId: key.keyId,
    last: lastUseOf(key.last, clean),
    hours: key.hours.map(({ scopes: _, ...hour }) => hour),
    scopes: scopesOf(key.hours),
    secrets: key.secrets.map((secret) => secretOf(secret, clean)),
    log: key.log.slice(0, LOGGED_IN_PART).map(logged),
  };
  for (let from = LOGGED_IN_PART; from < key.log.length; from += LOGGED_IN_PART) {
    const log = key.log.slice(from, from + LOGGED_IN_PART).map(logged);
    yield { keyId: key.keyId, last: null, hours: [], scopes: [], secrets: [], log };
  }
}

/** The entry of the request log about a use. */
export function loggedRequestOf(use: Use, clean: (text: string) => string): KeyUse['log'][number] {
  return {
    requestId: use.requestId,
    atMs: use.atMs,
    generation: use.generation,
    address: use.address,
    userAgent: clean(use.userAgent),
    method: use.method,
    path: clean(use.path),
    route: clean(use.route),
    status: use.status,
    outcome: use.outcome,
    cost: use.allowed ? use.cost : 0,
  };
}

function secretOf(secret: SecretFold, clean: (text: string) => string): KeyUse['secrets'][number] {
  const { generation, retiring, uses, lastAtMs } = secret;
  const callers = [...secret.callers.values()]
    .flatMap((ofAddress) => [...ofAddress.values()])
    .map((caller) => ({ uses: caller.uses, ...lastUseOf(caller.last, clean) }));
  return { generation, retiring, uses, lastAtMs, callers };
}

function lastUseOf({ atMs, address, userAgent, route }: Use, clean: (text: string) => string) {
  return { lastAtMs: atMs, address, userAgent: clean(userAgent), route: clean(route) };
}

/** Scopes are kept by day. */
function scopesOf(hours: readonly HourFold[]): KeyUse['scopes'] {
  return hours.flatMap(({ startMs, scopes }) =>
    [...scopes].map(([scope, used]) => ({ scope, dayMs: startMs - (startMs % DAY_MS), ...used })),
  );
}
