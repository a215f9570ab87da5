/** The derived secrets that second factors are kept with. */
export interface FactorSecrets {
  /** Encrypts TOTP secrets [T17]. */
  readonly totpKey: Buffer;
  /** Keys the hashes of backup codes [T20]. */
  readonly backupCodeKey: Buffer;
}
