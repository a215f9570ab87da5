/** Keys by digest, in memory. */
import { createHash } from 'node:crypto';
import { serve } from './serve.mjs';

const digest = (key) => createHash('sha256').update(key).digest('hex');
const keys = new Map([[digest(process.env.API_KEY), { keyId: 'key_1', organizationId: 'org_1' }]]);

await serve('keys', 'keys.verify', ({ key }) => {
  const found = keys.get(digest(key));
  return found === undefined ? { valid: false } : { valid: true, ...found };
});
