import { z } from 'zod';
import { contract } from './contract.js';
import { plainText } from './plain-text.js';

/** With the longest texts that they may have, so many still fit into one message of NATS (1 MB). */
export const LEAKS_IN_ONE_MESSAGE = 500;
export const LEAK_URL_LENGTH_MAX = 500;

/** One place where a key was found. The key itself stays in the gateway: here is what `keys` can look it up by. */
const leakSchema = z.strictObject({
  /** SHA-256 of the key, or what an imported key is looked up by; base64. */
  digest: z.base64().length(44),
  /** The kind of place, as GitHub calls it: `content`, `commit`, `gist_content`, `npm`. */
  source: plainText.max(64),
  /** Without the key, should it be in there. Empty: not known. */
  url: plainText.max(LEAK_URL_LENGTH_MAX),
  /** The name under which the form of the key was registered. */
  type: plainText.max(200),
});
export type Leak = z.infer<typeof leakSchema>;

/**
 * Keys were found in public. What happens to each is its API's `leakPolicy`; when this has answered, it holds on every
 * gateway. The same report again changes nothing and is answered the same.
 */
export const reportLeaks = contract(
  'gatehouse.v1.keys.report-leaks',
  z.strictObject({
    /** Who found them: it is written to the audit log as the one who acts. */
    reporter: z.enum(['github']),
    address: z.string().max(64),
    requestId: z.string().max(64),
    leaks: z.array(leakSchema).min(1).max(LEAKS_IN_ONE_MESSAGE),
  }),
  z.strictObject({
    kind: z.literal('reported'),
    /** For each leak, in their order: whether there is, or was, such a key. */
    known: z.array(z.boolean()),
  }),
);
