import { randomBytes, timingSafeEqual } from 'node:crypto';
import { HOTP, Secret, TOTP } from 'otpauth';

/** RFC 4226 section 4, R6: 160 bits are recommended. */
const SECRET_BYTES = 20;
/** RFC 6238 section 5.2. */
const STEP_SECONDS = 30;
const DIGITS = 6;
/** SHA-1, as RFC 6238 has it by default: authenticators in use ignore any other name. HMAC does not need more. */
const ALGORITHM = 'SHA1';

/** `used`: the right code, of a step that was accepted before or of an older one. To its sender it is a wrong code. */
export type TotpVerdict =
  | { readonly kind: 'right'; readonly step: number }
  | { readonly kind: 'used' }
  | { readonly kind: 'wrong' };

export function newTotpSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/**
 * Judges a code: right for this step, or for the one before it, since a code may be typed at the end of its life
 * (RFC 6238 section 5.2); never for another one, and never for a step that is not later than the last accepted one.
 * @param digits as `readTypedCode` gives them.
 * @param lastStep the last step that was accepted; 0: none was.
 */
export function judgeTotp(secret: Buffer, digits: string, lastStep: number, nowMs: number): TotpVerdict {
  const current = Math.floor(nowMs / 1_000 / STEP_SECONDS);
  // Both are compared whatever the first one gave, and in constant time.
  const matching = [current, current - 1].filter((step) => isCodeOf(secret, step, digits));
  const unused = matching.find((step) => step > lastStep);
  if (unused !== undefined) return { kind: 'right', step: unused };
  return { kind: matching.length > 0 ? 'used' : 'wrong' };
}

/** The secret in base 32, for an authenticator into which it is typed. */
export function secretText(secret: Buffer): string {
  return otpauthSecret(secret).base32;
}

/** The address that an authenticator reads from a QR code (`otpauth://totp/…`). */
export function totpUri(secret: Buffer, issuer: string, accountEmail: string): string {
  return new TOTP({
    issuer,
    label: accountEmail,
    algorithm: ALGORITHM,
    digits: DIGITS,
    period: STEP_SECONDS,
    secret: otpauthSecret(secret),
  }).toString();
}

function isCodeOf(secret: Buffer, step: number, digits: string): boolean {
  const right = HOTP.generate({
    secret: otpauthSecret(secret),
    algorithm: ALGORITHM,
    digits: DIGITS,
    counter: step,
  });
  const [a, b] = [Buffer.from(right), Buffer.from(digits)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function otpauthSecret(secret: Buffer): Secret {
  // A copy: the buffer of a small Buffer is a pool that holds other things as well.
  return new Secret({ buffer: new Uint8Array(secret).buffer });
}
