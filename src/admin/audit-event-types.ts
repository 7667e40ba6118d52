// The types of audit events; the admin contract has the same list.
export const auditEventTypes = [
  'issued',
  'refused',
  'reused',
  'revoked',
  'store_behind',
  'subject_put',
  'subject_disabled',
  'subject_enabled',
  'subject_deleted',
  'credentials_changed',
  'key_set_added',
  'key_set_promoted',
  'key_set_removed',
  'key_sets_compromised',
  'imported',
] as const;

export type AuditEventType = (typeof auditEventTypes)[number];
