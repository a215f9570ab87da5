/** Six fixed windows in memory: a second, a minute and a day, of the key and of its organization; all or nothing. */
import { serve } from './serve.mjs';

const LIMIT = Number(process.env.LIMIT);
const WINDOWS_MS = [1_000, 60_000, 86_400_000];
const counters = new Map();

await serve('ratelimit', 'ratelimit.take', ({ keyId, organizationId }) => {
  const now = Date.now();
  const taken = [keyId, organizationId].flatMap((subject) => WINDOWS_MS.map((ms) => counter(subject, ms, now)));
  if (taken.some((window) => window.count >= LIMIT)) return { allowed: false };
  for (const window of taken) window.count += 1;
  return {
    allowed: true,
    windows: taken.map((window) => ({ remaining: LIMIT - window.count, resetAt: window.endsAt })),
  };
});

function counter(subject, windowMs, now) {
  const name = `${subject}:${windowMs}`;
  const known = counters.get(name);
  if (known !== undefined && known.endsAt > now) return known;
  const fresh = { count: 0, endsAt: now - (now % windowMs) + windowMs };
  counters.set(name, fresh);
  return fresh;
}
