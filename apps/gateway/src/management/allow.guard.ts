import { SetMetadata } from '@nestjs/common';
import type { Permission } from './permissions.js';

/** Who may call a route: anybody, any account that is signed in, or a member whose role has the permission. */
export type Rule = 'public' | 'signed_in' | Permission;

const RULE = Symbol('rule');
const FRESH_ACCESS_TOKEN = Symbol('fresh access token');

/** States the rule of one route. Carries metadata only; `access.guard.ts` decides. */
export const Allow = (rule: Rule) => SetMetadata(RULE, rule);

/** The route hands out a fresh access token. */
export const WithFreshAccessToken = () => SetMetadata(FRESH_ACCESS_TOKEN, true);

/** The rule of a handler; undefined: it has none, and nobody may call it. */
export function ruleOf(handler: object): Rule | undefined {
  return Reflect.getMetadata(RULE, handler);
}

export function wantsAccessToken(handler: object): boolean {
  return Reflect.getMetadata(FRESH_ACCESS_TOKEN, handler) === true;
}
