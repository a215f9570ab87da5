import type { WindowState } from '@gatehouse/limit-domain/limit';
import type { Profile } from './profile-schema.js';
import { type CompiledText, compileText } from './render-template.js';
import { WINDOW_SECONDS } from './window-seconds.js';

/** What a template of `headers.limits` may name: a window's quota (of a bucket its size), what is left, when there is more. */
export const LIMIT_PLACEHOLDERS = ['limit', 'remaining', 'reset'] as const;

const compiled = new WeakMap<Profile, readonly (readonly [name: string, CompiledText])[]>();

/**
 * The limit headers of an answer in the dialect of an API. Of several windows those of `headers.limitsWindow` speak,
 * save where a limit refused; of these, or of all, the tightest: the one with the least left, of equals the one that
 * ends last. No window, no header.
 * @param refused whether the answer is a refusal by these windows
 */
export function renderLimitHeaders(
  profile: Profile,
  windows: readonly WindowState[],
  refused: boolean,
): [string, string][] {
  const speaking = refused ? undefined : tightestWindow(windowsOf(profile, windows));
  const window = speaking ?? tightestWindow(windows);
  if (window === undefined) return [];
  const values = { limit: window.capacity ?? window.quota, remaining: window.remaining, reset: window.resetAtSeconds };
  return templatesOf(profile).map(([name, render]) => [name, render(values)]);
}

function windowsOf(profile: Profile, windows: readonly WindowState[]): readonly WindowState[] {
  const { limitsWindow } = profile.headers;
  if (limitsWindow === null) return windows;
  return windows.filter(({ windowSeconds }) => windowSeconds === WINDOW_SECONDS[limitsWindow]);
}

function templatesOf(profile: Profile) {
  let templates = compiled.get(profile);
  if (templates === undefined) {
    templates = Object.entries(profile.headers.limits).map(([name, text]) => [name, compileText(text)] as const);
    compiled.set(profile, templates);
  }
  return templates;
}

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
