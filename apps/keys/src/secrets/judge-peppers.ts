/** What the database says about the peppers of a replica that wants to start. */
export interface PeppersSeen {
  /** Our peppers whose number the database has for another one. */
  readonly contradicted: readonly number[];
  /** Peppers under which secrets are stored, and which we do not have. */
  readonly missing: readonly SecretsUnderPepper[];
}

/** How many secrets are stored under one pepper. */
export interface SecretsUnderPepper {
  readonly version: number;
  /** Those that requests can be accepted with. */
  readonly usable: number;
  /** Those that have ended: of revoked and expired keys, and retired ones. */
  readonly ended: number;
}

/** What other replicas say about the peppers that they have. */
export interface ReplicasSeen {
  /** How many could not find what we seal. */
  readonly withoutOurs: number;
  /** Peppers under which others seal, and which we do not have. */
  readonly unknownToUs: readonly number[];
}

/**
 * Why a replica with these peppers must not start: it would answer `unknown` about keys that are good. Each reason names
 * the variable. Ended secrets are no reason: they are refused in one way or the other.
 */
export function judgePeppers({ contradicted, missing }: PeppersSeen): readonly string[] {
  return [
    ...contradicted.map(
      (version) => `KEY_PEPPERS: pepper ${version} is not the one that this database knows by that number`,
    ),
    ...missing
      .filter(({ usable }) => usable > 0)
      .map(
        ({ version, usable }) =>
          `KEY_PEPPERS: pepper ${version} is missing; usable secrets that are stored under it: ${usable}`,
      ),
  ];
}

/** Why a replica must not run beside those that there are: keys that one seals, another would not find. */
export function judgeReplicas({ withoutOurs, unknownToUs }: ReplicasSeen, currentVersion: number): readonly string[] {
  const unready =
    `KEY_PEPPER_CURRENT: replicas of keys that run and do not know pepper ${currentVersion} yet: ${withoutOurs}; ` +
    'restart them with KEY_PEPPERS first';
  return [
    ...(withoutOurs > 0 ? [unready] : []),
    ...unknownToUs.map(
      (version) => `KEY_PEPPERS: pepper ${version} is missing; another replica of keys seals under it`,
    ),
  ];
}
