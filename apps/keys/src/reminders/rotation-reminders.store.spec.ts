import { beforeEach, describe, expect, it } from '@jest/globals';
import { revokeKey } from '../lifecycle/change-state.js';
import { NoticesStore } from '../notices/notices.store.js';
import { ACTOR, newKey, until, withReplicas } from '../replica-under-test.conformance.js';
import { remindOfRotation } from './rotation-reminders.server.js';
import { RotationRemindersStore } from './rotation-reminders.store.js';

const tests = withReplicas();
const DAY_MS = 86_400_000;
const RULE = { api: 'exante', remindAfterDays: 90 };

describe('reminders of keys that are too old [G10]', () => {
  let reminders: RotationRemindersStore;
  let keyIds: string[];
  let dueMs: number;
  beforeEach(async () => {
    await tests.database.query('DELETE FROM rotation_reminders').catch(() => undefined);
    reminders = new RotationRemindersStore(tests.database);
    keyIds = [];
    for (let made = 0; made < 5; made++) keyIds.push((await newKey(tests)).keyId);
    dueMs = Date.now() + 90 * DAY_MS;
  });

  const told = async () => {
    const notices = await new NoticesStore(tests.database).list(ACTOR.organizationId, false, undefined, 1_000);
    return notices
      .filter(({ kind, keyId }) => kind === 'key.rotation_due' && keyIds.includes(keyId ?? ''))
      .map(({ keyId }) => keyId)
      .sort();
  };
  const remindAll = async (nowMs: number, rule = RULE, keysAtOnce = 2) => {
    while (await reminders.remind(rule, nowMs, keysAtOnce));
  };

  it('come when the secret is as old as the profile says, not a day before, and once', async () => {
    await remindAll(dueMs - DAY_MS);
    expect(await told()).toEqual([]);
    await remindAll(dueMs);
    await remindAll(dueMs + DAY_MS);
    expect(await told()).toEqual([...keyIds].sort());
    const [notice] = await new NoticesStore(tests.database).list(ACTOR.organizationId, true, undefined, 1);
    expect(notice?.detail).toMatchObject({ api: 'exante', remind_after_days: '90' });
  });

  it('come once from many replicas at the same moment, and leave none out', async () => {
    const replica = async () => {
      // One that finds another at it comes again.
      for (let turn = 0; turn < 40; turn++) await reminders.remind(RULE, dueMs, 2);
    };
    await Promise.all(Array.from({ length: 8 }, replica));
    await remindAll(dueMs);
    expect(await told()).toEqual([...keyIds].sort());
  });

  it('do not come for a key that is good for nothing any more, nor for one of another API', async () => {
    const [revoked = '', expired = ''] = keyIds;
    await tests.store.change(ACTOR, revoked, (key) => revokeKey(key, undefined, Date.now()));
    await tests.database.query('UPDATE api_keys SET expires_at = $2 WHERE id = $1', [expired, new Date(dueMs - 1)]);
    await remindAll(dueMs, { api: 'other', remindAfterDays: 90 });
    expect(await told()).toEqual([]);
    await remindAll(dueMs);
    expect(await told()).toEqual(keyIds.slice(2).sort());
  });

  it('go on after a time in which PostgreSQL did not answer', async () => {
    let fails = 2;
    const warnings: object[] = [];
    const reminding = remindOfRotation({
      store: {
        remind: async (rule, nowMs) => {
          if (fails-- > 0) throw new Error('broken by the test');
          return reminders.remind(rule, nowMs);
        },
      },
      rules: [RULE],
      everyMs: 5,
      nowMs: () => dueMs,
      log: { warn: (fields) => warnings.push(fields) },
    });
    await until(async () => (await told()).length === keyIds.length);
    await reminding.stop();
    expect(warnings).toHaveLength(2);
  });
});
