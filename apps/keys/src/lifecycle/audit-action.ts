/** What the audit log can say of a key or of what decides about keys. */
export type AuditAction =
  | 'key.issued'
  | 'key.updated'
  | 'key.disabled'
  | 'key.enabled'
  | 'key.revoked'
  | 'key.removed'
  | 'key.rotated'
  | 'key.rotation_finished'
  | 'key.rotation_cancelled'
  | 'key.leaked'
  | 'keys.imported'
  | 'organization.set';
