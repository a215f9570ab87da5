import { z } from 'zod';
import { PROVIDER_REFUSED, PROVIDER_UNAVAILABLE, type ProviderAnswer } from './provider.js';

const VALUE = z.string().min(1).max(2_048);

/** What a provider sends a browser back with; parameters that we do not use are let be. */
const callbackSchema = z.object({
  state: z.string().regex(/^[\w-]{43}$/),
  code: VALUE.optional(),
  error: VALUE.optional(),
  iss: VALUE.optional(),
});

export type Callback = z.infer<typeof callbackSchema>;

/** Reads the query of a callback. Undefined: there is no state that could be ours, or something is there twice [H-061]. */
export function readCallback(query: unknown): Callback | undefined {
  const parsed = callbackSchema.safeParse(query);
  return parsed.success ? parsed.data : undefined;
}

/** Faults of the provider, by the codes of RFC 6749 section 4.1.2.1; every other one says that somebody did not agree. */
const OUTAGES = ['server_error', 'temporarily_unavailable'];

/** Whether a provider sends somebody back without a code. What it says beside its error code is never shown [H-073]. */
export function refusedByProvider({ code, error }: Callback): ProviderAnswer | undefined {
  if (error !== undefined) return OUTAGES.includes(error) ? PROVIDER_UNAVAILABLE : PROVIDER_REFUSED;
  return code === undefined ? PROVIDER_UNAVAILABLE : undefined;
}
