import { call } from '@gatehouse/bus/call.client';
import { issueKey, setOrganization } from '@gatehouse/contracts/keys';
import { describe, expect, it } from '@jest/globals';
import { actor, auditOf, issued, openHolder, request, verify, withKeys } from '../keys-under-test.conformance.js';

const tests = withKeys();
const standing = { plan: 'free', limits: null, suspended: false };

describe('what is decided about an organization', () => {
  it('is announced to every lease holder before it changes', async () => {
    const by = actor();
    const { organizationId } = by;
    const { told, leave } = await openHolder(tests);
    await call(tests.client, setOrganization, { organizationId, actor: by, ...standing, suspended: true });
    expect(told).toEqual([`announced ${organizationId}`, `made ${organizationId}`]);
    await leave();
  });

  it('holds at once for every key that it has, and for no other', async () => {
    const by = actor();
    const keys = [await issued(tests, by), await issued(tests, by)];
    const other = await issued(tests, actor());
    for (const { secret } of [...keys, other]) await verify(tests, secret);
    const before = await verify(tests, keys[0]?.secret as string);
    const limits = { key: { minute: 7 }, organization: null };
    const { organizationId } = by;
    await call(tests.client, setOrganization, {
      organizationId,
      actor: by,
      plan: 'enterprise',
      limits,
      suspended: true,
    });
    for (const { secret } of keys) {
      expect(await verify(tests, secret)).toMatchObject({
        facts: {
          plan: 'enterprise',
          organizationSuspended: true,
          organizationLimits: { key: [{ windowSeconds: 60, quota: 7 }], organization: null },
        },
      });
    }
    expect(await verify(tests, other.secret)).toMatchObject({ facts: { plan: 'free', organizationSuspended: false } });
    // Who still holds the facts from before is not told that nothing has changed.
    const after = await verify(tests, keys[0]?.secret as string);
    expect([before, after]).toMatchObject([{ facts: { revision: 1 } }, { facts: { revision: 2 } }]);
    await call(tests.client, setOrganization, { organizationId, actor: by, ...standing });
    expect(await verify(tests, keys[0]?.secret as string)).toMatchObject({ facts: { organizationSuspended: false } });
    expect((await auditOf(tests, organizationId)).map((row) => row.action)).toEqual([
      'organization.set',
      'organization.set',
    ]);
  });

  it('says how many keys it may have, whatever plan a later creation names', async () => {
    const by = actor();
    await call(tests.client, setOrganization, {
      organizationId: by.organizationId,
      actor: by,
      ...standing,
      plan: 'five',
    });
    for (let made = 0; made < 5; made++) await issued(tests, by);
    expect(await call(tests.client, issueKey, request(by))).toMatchObject({ code: 'key_quota_reached' });
  });
});
