import { Refusal } from '../management/refusal.js';

/** What identity may answer instead of doing what was asked. */
export type AccountRefusal =
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'too_many_attempts' | 'busy'; readonly retryAfterSeconds: number }
  | { readonly kind: 'email_invalid' }
  | { readonly kind: 'link_invalid' | 'session_ended' | 'password_wrong' | 'reauth_required' };

/** @param passwordField what the new password is called in the request */
export function accountRefusal(answer: AccountRefusal, passwordField: string): Refusal {
  switch (answer.kind) {
    case 'refused':
      return new Refusal('validation_error', {
        errors: { [answer.code === 'email_invalid' ? 'email' : passwordField]: answer.message },
      });
    case 'email_invalid':
      return new Refusal('validation_error', { errors: { email: 'This is not an e-mail address.' } });
    case 'too_many_attempts':
      return new Refusal('too_many_attempts', { retryAfterSeconds: answer.retryAfterSeconds });
    case 'busy':
      return new Refusal('service_unavailable', { retryAfterSeconds: answer.retryAfterSeconds });
    default:
      return new Refusal(answer.kind);
  }
}
