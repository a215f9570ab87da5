import type { WindowState } from '@gatehouse/limit-domain/limit';
import { WINDOW_SECONDS } from './window-seconds.js';

/**
 * The fields `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-11: lists of structured fields (RFC
 * 9651), one item for each window, named by what it limits: `key-minute`, `organization-day`.
 */
export interface RateLimitFields {
  readonly policies: string;
  readonly serviceLimits: string;
}

/**
 * @param retryAfterSeconds of a refusal; null: of none. A refusal names as service limits those that are used up, so that
 * `Retry-After` is never earlier than what they say (section 6).
 */
export function rateLimitFields(
  windows: readonly WindowState[],
  retryAfterSeconds: number | null,
  nowMs: number,
): RateLimitFields {
  const names = namesOf(windows);
  const least = Math.min(...windows.map(({ remaining }) => remaining));
  const policies: string[] = [];
  const serviceLimits: string[] = [];
  windows.forEach(({ quota, windowSeconds, remaining, resetAtSeconds }, index) => {
    const name = structuredString(names[index] ?? '');
    policies.push(`${name};q=${quota};w=${windowSeconds}`);
    if (retryAfterSeconds !== null && remaining > least) return;
    const untilMoreSeconds = Math.max(0, Math.ceil(resetAtSeconds - nowMs / 1_000));
    serviceLimits.push(`${name};r=${remaining};t=${Math.min(untilMoreSeconds, retryAfterSeconds ?? untilMoreSeconds)}`);
  });
  return { policies: policies.join(', '), serviceLimits: serviceLimits.join(', ') };
}

/** Two limits of one window of one subject are told apart by a number. */
function namesOf(windows: readonly WindowState[]): string[] {
  const seen = new Map<string, number>();
  return windows.map(({ subject, windowSeconds }) => {
    const name = `${subject.startsWith('org') ? 'organization' : 'key'}-${windowName(windowSeconds)}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
}

const NAMES = new Map<number, string>(Object.entries(WINDOW_SECONDS).map(([name, seconds]) => [seconds, name]));

function windowName(windowSeconds: number): string {
  return NAMES.get(windowSeconds) ?? `${windowSeconds}s`;
}

/**
 * A String of RFC 9651 section 4.1.6.
 * @throws RangeError where the text has what no such string can hold
 */
export function structuredString(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new RangeError('a structured string is printable ASCII');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
