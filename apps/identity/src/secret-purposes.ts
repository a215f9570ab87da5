/** What secrets of this service are derived for: each name is used in more than one place, and never for two things. */
export const MAIL_KEY = 'mail-encryption';
export const ONE_TIME_KEY = 'one-time-token-encryption';
export const SIGNING_KEYS_KEY = 'signing-key-encryption';
