import { sealDigest } from '@gatehouse/key-domain/key-digest';

/** A pepper and the number under which rows name it. */
export interface Pepper {
  readonly version: number;
  readonly secret: Buffer;
}

/** All peppers under which secrets may be stored; new ones are sealed under the current one. */
export interface Peppers {
  readonly current: Pepper;
  /** The current one first. */
  readonly all: readonly Pepper[];
}

/** Number of the pepper that is derived from the root secret, and always there. */
export const DERIVED_PEPPER = 1;

/**
 * @param more the peppers that came from outside.
 * @throws Error where none has the number of the current one; the configuration has checked that.
 */
export function peppersOf(derived: Buffer, more: readonly Pepper[], currentVersion: number): Peppers {
  const all = [{ version: DERIVED_PEPPER, secret: derived }, ...more];
  const current = all.find(({ version }) => version === currentVersion);
  if (current === undefined) throw new Error(`there is no pepper ${currentVersion}`);
  return { current, all: [current, ...all.filter((pepper) => pepper !== current)] };
}

/** Where there is one pepper only. */
export function onlyPepper(secret: Buffer): Peppers {
  return peppersOf(secret, [], DERIVED_PEPPER);
}

/** A digest as the database holds it. */
export interface SealedDigest {
  readonly hmac: Buffer;
  readonly pepperVersion: number;
}

/** Seals the digest of a secret under the current pepper. */
export function sealNew({ current }: Peppers, digest: Uint8Array): SealedDigest {
  return { hmac: sealDigest(current.secret, digest), pepperVersion: current.version };
}

/** Every form in which the digest may be stored, the current pepper's first. */
export function sealedForms({ all }: Peppers, digest: Uint8Array): readonly SealedDigest[] {
  return all.map(({ version, secret }) => ({ hmac: sealDigest(secret, digest), pepperVersion: version }));
}

/**
 * What the database may know of a pepper, so that nobody uses its number for another one: digests of secrets have 32
 * bytes, so no secret is ever stored in this form.
 */
export function markOf({ secret }: Pepper): Buffer {
  return sealDigest(secret, Buffer.from('the mark of this pepper'));
}
