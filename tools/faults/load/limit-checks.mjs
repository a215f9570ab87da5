const ALGORITHMS = ['fixed-window', 'sliding-window', 'token-bucket'];
const NAMES = 9;
/** Lengths that every jump of a clock is a multiple of: a fixed window has one place, by whichever clock. */
const WINDOWS_SECONDS = [1, 2, 5, 10];
const AWAY_MS = 50;

/** Services that limit something themselves: limits of all sizes over `POST /api/v1/limits/check`. */
export function limitChecks(world) {
  const { recorder, client, manage } = world;
  const random = world.randomFor('limit checks');
  const asked = Array.from({ length: NAMES }, (_, index) => {
    const algorithm = ALGORITHMS[index % ALGORITHMS.length];
    const windowSeconds = random.pick(WINDOWS_SECONDS);
    const quota = random.between(5, 40) * windowSeconds;
    const burst = algorithm === 'token-bucket' ? random.between(5, 80) : undefined;
    const subject = `check ${index + 1}`;
    // While the limiter is away each gateway counts its share.
    recorder.subject(subject, [{ algorithm, windowSeconds, quota, burst, shares: client.gateways.length }]);
    return {
      subject,
      json: { namespace: 'faults', identifier: subject, limit: quota, window_seconds: windowSeconds, algorithm, burst },
    };
  });

  return {
    checkOne: async (process, own, index) => {
      const { subject, json } = own.pick(asked);
      const cost = own.chance(0.2) ? own.between(2, 4) : 1;
      const gateway = client.gateways[index % client.gateways.length];
      const answer = await manage({
        process,
        gateway,
        method: 'POST',
        path: '/api/v1/limits/check',
        json: { ...json, cost },
        as: (given) => [{ operation: 'use', object: subject, given: { subjects: [subject], cost }, ...judged(given) }],
      });
      if (answer.status === 200) world.counts.limited++;
      else await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    },
  };
}

/** The status is that of the question; whether something would be let through is in its answer. */
function judged({ status, text }) {
  if (status !== 200) return {};
  return JSON.parse(text).allowed ? { outcome: 'ok' } : { outcome: 'failed', result: { limited: true } };
}
