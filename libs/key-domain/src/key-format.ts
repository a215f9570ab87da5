/**
 * The form of every key: prefix, 43 base62 digits that hold 256 random bits, 6 base62 digits of CRC32 over all before.
 * The check lets gateways and secret scanners tell a key from noise without a lookup; it protects nothing.
 */
export const RANDOM_BITS = 256;
export const RANDOM_DIGITS = 43;
export const CHECK_DIGITS = 6;

/** No key of any profile is longer: prefixes have 60 characters at most. */
export const KEY_LENGTH_MAX = 60 + RANDOM_DIGITS + CHECK_DIGITS;
