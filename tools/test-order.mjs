import Sequencer from '@jest/test-sequencer';

/** Files of half a minute and more, so that none of them begins when all others are done. */
const LONG = [
  'test/start-faults.spec.ts',
  'test/faults.spec.ts',
  'test/redis-lost.spec.ts',
  'test/pepper-rotation.spec.ts',
  'apps/keys/src/secrets/pepper-rotation.spec.ts',
  'test/import.spec.ts',
  'test/leased-gateways.spec.ts',
  'apps/identity/src/second-factor/answer-challenge.spec.ts',
  'test/rolling-restart.spec.ts',
  'test/over-admission.spec.ts',
  'test/cluster.spec.ts',
  'test/one-time-values.spec.ts',
  'test/secret-scan.spec.ts',
  'test/faulty-network.spec.ts',
  'conformance/xerotier/federation.spec.ts',
  'apps/identity/src/grants/grants.spec.ts',
  'test/leased-cluster.spec.ts',
  'test/leased-limits.spec.ts',
  'test/leased-faults.spec.ts',
  'conformance/altrixy/plans.spec.ts',
  'test/usage-statements.spec.ts',
  'test/key-life.spec.ts',
  'conformance/exante/revocation.spec.ts',
  'test/garbage.spec.ts',
];

/**
 * Jest's own order, which goes by how long files took here the last time; where it does not know that, as in a new
 * clone, it goes by their size, which says little: then the long ones come first, in the order above.
 * @public named in jest.config.mjs
 */
export default class TestOrder extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const found = LONG.findIndex((file) => path.endsWith(`/${file}`));
      return found === -1 ? LONG.length : found;
    };
    const sorted = super.sort(tests);
    if (sorted.some((test) => this.time(test) !== undefined)) return sorted;
    return [...sorted].sort((one, other) => place(one) - place(other));
  }
}
