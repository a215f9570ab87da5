import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type IdentityUnderTest, identityTests } from './start.conformance.js';

/**
 * One database server for the tests of a `describe`, and for each of them a new installation that was started.
 * @param opened told of each installation before its test
 */
export function identityForEach(
  environment: Record<string, string>,
  opened: (identity: IdentityUnderTest) => Promise<void> | void,
): void {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  beforeAll(async () => {
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.open();
    await identity.start(environment);
    await opened(identity);
  });
  afterEach(() => identity.stop());
}
