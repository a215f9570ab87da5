/**
 * The form of every key: prefix, 43 base62 digits that hold 256 random bits, 6 base62 digits of CRC32 over all before.
 * The check lets gateways and secret scanners tell a key from noise without a lookup; it protects nothing.
 */
export const RANDOM_BITS = 256;
export const RANDOM_DIGITS = 43;
export const CHECK_DIGITS = 6;

/** What every key has behind its prefix. */
export const BODY_DIGITS = RANDOM_DIGITS + CHECK_DIGITS;

/** No prefix is longer, also where it holds a project's slug. */
export const PREFIX_LENGTH_MAX = 100;

/** No key of any profile is longer. */
export const KEY_LENGTH_MAX = PREFIX_LENGTH_MAX + BODY_DIGITS;
