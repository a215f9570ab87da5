import { call } from '@gatehouse/bus/call.client';
import { registerLease, releaseLease, renewLease } from '@gatehouse/contracts/leases';
import { describe, expect, it } from '@jest/globals';
import { withKeys } from '../keys-under-test.conformance.js';

const tests = withKeys();
const holderId = 'a'.repeat(32);

async function learnsAnnounced(): Promise<boolean | undefined> {
  const { rows } = await tests.owner.query('SELECT learns_announced FROM keys.lease_holders WHERE holder_id = $1', [
    holderId,
  ]);
  return rows[0]?.learns_announced;
}

describe('a gateway as a lease holder', () => {
  it('learns of announcements only where it says so: one of an older version is waited for after each change', async () => {
    await call(tests.client, registerLease, { holderId });
    expect(await learnsAnnounced()).toBe(false);
    await call(tests.client, registerLease, { holderId, learnsAnnounced: true });
    expect(await learnsAnnounced()).toBe(true);
    await call(tests.client, registerLease, { holderId });
    expect(await learnsAnnounced()).toBe(false);
  });

  it('is told of what is about to change with its renewals, until the change was made', async () => {
    const { appliedSeq } = await call(tests.client, registerLease, { holderId, learnsAnnounced: true });
    const announced = async () => {
      const renewal = await call(tests.client, renewLease, { holderId, appliedSeq });
      return renewal.kind === 'renewed' ? renewal.announced : renewal.kind;
    };
    expect(await announced()).toEqual([]);
    await tests.owner.query(`INSERT INTO keys.announced_changes (change_id, ids) VALUES ('c1', '{key_1,org_1}')`);
    expect(await announced()).toEqual([{ changeId: 'c1', ids: ['key_1', 'org_1'] }]);
    await tests.owner.query('DELETE FROM keys.announced_changes');
    expect(await announced()).toEqual([]);
    await call(tests.client, releaseLease, { holderId });
    expect(await announced()).toBe('vanished');
  });
});
