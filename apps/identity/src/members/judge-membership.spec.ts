import { type Role, roleSchema } from '@gatehouse/contracts/actor';
import { describe, expect, it } from '@jest/globals';
import { judgeMembership, type MembershipChange, mayInvite } from './judge-membership.js';

const judge = (change: Partial<MembershipChange>) =>
  judgeMembership({
    actorRole: 'owner',
    targetRole: 'developer',
    newRole: 'viewer',
    isOneself: false,
    owners: 2,
    ...change,
  });

describe('a change of membership', () => {
  it.each<[Role, boolean]>([
    ['owner', true],
    ['admin', true],
    ['developer', false],
    ['viewer', false],
  ])('of another member by one who is %s: %s', (actorRole, allowed) => {
    const verdict = allowed ? 'allowed' : 'not_permitted';
    for (const newRole of ['admin', 'viewer', null] as const) expect(judge({ actorRole, newRole })).toBe(verdict);
    expect(mayInvite(actorRole, 'developer')).toBe(allowed);
  });

  it('makes and unmakes owners by owners alone', () => {
    for (const change of [
      { newRole: 'owner' },
      { targetRole: 'owner' },
      { targetRole: 'owner', newRole: null },
    ] as const) {
      expect(judge({ ...change, actorRole: 'owner' })).toBe('allowed');
      expect(judge({ ...change, actorRole: 'admin' })).toBe('not_permitted');
    }
    expect(judge({ actorRole: 'admin', targetRole: 'admin', newRole: 'owner', isOneself: true })).toBe('not_permitted');
    expect([mayInvite('admin', 'owner'), mayInvite('owner', 'owner')]).toEqual([false, true]);
  });

  it('lets everybody leave but the last owner, who cannot step down either', () => {
    for (const role of roleSchema.options) {
      const leave = { actorRole: role, targetRole: role, newRole: null, isOneself: true };
      expect(judge(leave)).toBe('allowed');
      expect(judge({ ...leave, owners: 1 })).toBe(role === 'owner' ? 'last_owner' : 'allowed');
    }
    const last = { targetRole: 'owner', owners: 1, isOneself: true } as const;
    for (const newRole of ['admin', 'viewer', null] as const) expect(judge({ ...last, newRole })).toBe('last_owner');
    expect(judge({ ...last, newRole: 'owner' })).toBe('allowed');
  });

  it('is refused to who is not a member, and says nothing of the other one', () => {
    for (const targetRole of ['owner', 'viewer', undefined] as const) {
      expect(judge({ actorRole: undefined, targetRole })).toBe('not_permitted');
      expect(judge({ actorRole: 'viewer', targetRole })).toBe('not_permitted');
    }
    expect(judge({ targetRole: undefined })).toBe('not_found');
    expect(mayInvite(undefined, 'viewer')).toBe(false);
  });
});
