import { SetMetadata } from '@nestjs/common';
import type { Permission } from './permissions.js';

/**
 * Who may call a route: anybody, any account that is signed in, the one that runs the installation, or a member whose role
 * has the permission.
 */
export type Rule = 'public' | 'signed_in' | 'operator' | Permission;

const RULE = Symbol('rule');
const FRESH_ACCESS_TOKEN = Symbol('fresh access token');

/** States the rule of one route. Carries metadata only; `access.guard.ts` decides. */
export const Allow = (rule: Rule) => SetMetadata(RULE, rule);

/** The route hands out a fresh access token. */
export const WithFreshAccessToken = () => SetMetadata(FRESH_ACCESS_TOKEN, true);

/** Whether a rule is for members of an organization, and so for its management keys; the others are about people. */
export function isPermission(rule: Rule): rule is Permission {
  return rule !== 'public' && rule !== 'signed_in' && rule !== 'operator';
}

/** The rule of a handler; undefined: it has none, and nobody may call it. */
export function ruleOf(handler: object): Rule | undefined {
  return Reflect.getMetadata(RULE, handler);
}

export function wantsAccessToken(handler: object): boolean {
  return Reflect.getMetadata(FRESH_ACCESS_TOKEN, handler) === true;
}
