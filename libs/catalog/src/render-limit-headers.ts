import type { WindowState } from '@gatehouse/limit-domain/limit';
import type { Profile } from './profile-schema.js';
import { rateLimitFields } from './rate-limit-fields.js';
import { type CompiledText, compileText, placeholdersOf } from './render-template.js';
import { WINDOW_SECONDS } from './window-seconds.js';

/** What a template of `headers.limits` may name: a window's quota (of a bucket its size), what is left, when there is more; of all windows, the fields of the IETF. */
export const LIMIT_PLACEHOLDERS = ['limit', 'remaining', 'reset', 'policies', 'service_limits'] as const;

interface Templates {
  readonly headers: readonly (readonly [name: string, CompiledText])[];
  readonly namesAll: boolean;
}

const compiled = new WeakMap<Profile, Templates>();

/**
 * The limit headers of an answer in the dialect of an API. Of several windows those of `headers.limitsWindow` speak,
 * save where a limit refused; of these, or of all, the tightest: the one with the least left, of equals the one that
 * ends last. No window, no header.
 * @param retryAfterSeconds where the answer is a refusal by these windows, else null
 */
export function renderLimitHeaders(
  profile: Profile,
  windows: readonly WindowState[],
  retryAfterSeconds: number | null,
  nowMs: number,
): [string, string][] {
  const speaking = retryAfterSeconds === null ? tightestWindow(windowsOf(profile, windows)) : undefined;
  const window = speaking ?? tightestWindow(windows);
  if (window === undefined) return [];
  const { headers, namesAll } = templatesOf(profile);
  const told = { limit: window.capacity ?? window.quota, remaining: window.remaining, reset: window.resetAtSeconds };
  const values = namesAll ? { ...told, ...fieldsOf(windows, retryAfterSeconds, nowMs) } : told;
  return headers.map(([name, render]) => [name, render(values)]);
}

function fieldsOf(windows: readonly WindowState[], retryAfterSeconds: number | null, nowMs: number) {
  const { policies, serviceLimits } = rateLimitFields(windows, retryAfterSeconds, nowMs);
  return { policies, service_limits: serviceLimits };
}

function windowsOf(profile: Profile, windows: readonly WindowState[]): readonly WindowState[] {
  const { limitsWindow } = profile.headers;
  if (limitsWindow === null) return windows;
  return windows.filter(({ windowSeconds }) => windowSeconds === WINDOW_SECONDS[limitsWindow]);
}

function templatesOf(profile: Profile): Templates {
  let templates = compiled.get(profile);
  if (templates === undefined) {
    const texts = Object.entries(profile.headers.limits);
    templates = {
      headers: texts.map(([name, text]) => [name, compileText(text)] as const),
      namesAll: texts.some(([, text]) => OF_ALL_WINDOWS.some((name) => placeholdersOf(text).has(name))),
    };
    compiled.set(profile, templates);
  }
  return templates;
}

const OF_ALL_WINDOWS = ['policies', 'service_limits'] as const;

/** The window that a caller meets first. */
function tightestWindow(windows: readonly WindowState[]): WindowState | undefined {
  let tightest: WindowState | undefined;
  for (const window of windows) {
    if (
      tightest === undefined ||
      window.remaining < tightest.remaining ||
      (window.remaining === tightest.remaining && window.resetAtSeconds > tightest.resetAtSeconds)
    ) {
      tightest = window;
    }
  }
  return tightest;
}
