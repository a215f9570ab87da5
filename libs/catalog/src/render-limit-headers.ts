import type { WindowState } from '@gatehouse/limit-domain/limit';
import type { Profile } from './profile-schema.js';
import { type CompiledText, compileText } from './render-template.js';

/** What a template of `headers.limits` may name: the tightest window's quota, what is left, Unix seconds of its end. */
export const LIMIT_PLACEHOLDERS = ['limit', 'remaining', 'reset'] as const;

const compiled = new WeakMap<Profile, readonly (readonly [name: string, CompiledText])[]>();

/**
 * The limit headers of an answer in the dialect of an API. Of several windows the tightest speaks: the one with the
 * least left, of equals the one that ends last. No window, no header.
 */
export function renderLimitHeaders(profile: Profile, windows: readonly WindowState[]): [string, string][] {
  const tightest = tightestWindow(windows);
  if (tightest === undefined) return [];
  const values = { limit: tightest.quota, remaining: tightest.remaining, reset: tightest.resetAtSeconds };
  return templatesOf(profile).map(([name, render]) => [name, render(values)]);
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
