import type { ClosedOrganization } from '@gatehouse/contracts/identity';
import { Refusal } from './refusal.js';

const WORDS = { second_factor: 'a second factor', sso: 'single sign-on' } as const;

/** How a session is refused that an organization wants to have shown more. */
export function strongerSignIn(wants: ClosedOrganization['wants']): Refusal {
  const words = wants.map((want) => WORDS[want]).join(' and ');
  return new Refusal('stronger_sign_in_required', { detail: `Sign in with ${words}.` });
}
