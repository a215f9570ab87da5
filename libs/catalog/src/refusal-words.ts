import type { Profile, Template } from './profile-schema.js';
import { REFUSALS, type RefusalCode } from './refusals.js';

/** What the gateway knows when it refuses; a profile may use each of these as a placeholder. */
export const GATEWAY_PLACEHOLDERS = [
  'status',
  'refusal',
  'request_id',
  'retry_after',
  'expired_at',
  'key_id',
  'header',
  'scopes',
  'errors',
  'second_factor',
] as const;

/** How one profile says one refusal, before the values of the request are filled in. */
export interface RefusalWords {
  readonly status: number;
  readonly body: Template;
  /** `message` and whatever else the profile gives: variables of `body`. */
  readonly fields: Readonly<Record<string, Template>>;
}

/**
 * Finds the words for a refusal, in layers: what the profile says of this code, over what it says of the status, over
 * its default, over the plain words of `REFUSALS`.
 */
export function refusalWords(profile: Profile, code: RefusalCode): RefusalWords {
  const { refusals, fallback, body } = profile.errors;
  const own = refusals[code] ?? {};
  const status = own.status ?? REFUSALS[code].status;
  const layers = [fallback['default'] ?? {}, fallback[String(status)] ?? {}, own];
  const merged: Record<string, Template | undefined> = { message: REFUSALS[code].message, body };
  for (const layer of layers) Object.assign(merged, layer);
  const { status: _, body: chosenBody, ...fields } = merged;
  return { status, body: chosenBody ?? null, fields: fields as Record<string, Template> };
}
