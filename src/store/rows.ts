// Rows as both databases return them, and as the engine knows them.
import type { AuditEventType } from '../admin/audit-event-types.ts';
import type { AuditEvent } from '../admin/ports.ts';
import type { StoredKeySet } from '../signer/ports.ts';
import type { Policy } from '../engine/policy.ts';
import type { RevocationReason, Session, Subject } from '../engine/session.ts';

export interface SessionRow {
  id: string;
  contract: string;
  policy: Policy;
  subject_id: string;
  credential_version: string;
  generation: number;
  rotated_at: number;
  key_id: string;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
  revoked_reason: RevocationReason | null;
  label: string | null;
}

export interface SubjectRow {
  id: string;
  credential_version: string;
  email: string | null;
  account: string | null;
  role: string | null;
  disabled_at: number | null;
  deleted_at: number | null;
}

export interface KeySetRow {
  id: string;
  contract: string;
  state: StoredKeySet['state'];
  sealed: string;
  created_at: number;
  retired_at: number | null;
}

export interface AuditRow {
  at: number;
  id: string;
  type: AuditEventType;
  contract: string | null;
  subject_id: string | null;
  session_id: string | null;
  reason: string | null;
  request_id: string | null;
  address: string | null;
  user_agent: string | null;
  actor: string | null;
}

export function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    contract: row.contract,
    policy: row.policy,
    subjectId: row.subject_id,
    credentialVersion: row.credential_version,
    generation: row.generation,
    rotatedAt: row.rotated_at,
    keyId: row.key_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at ?? undefined,
    revokedReason: row.revoked_reason ?? undefined,
    label: row.label ?? undefined,
  };
}

export function subjectOf(row: SubjectRow): Subject {
  return {
    id: row.id,
    credentialVersion: row.credential_version,
    email: row.email ?? undefined,
    account: row.account ?? undefined,
    role: row.role ?? undefined,
    disabledAt: row.disabled_at ?? undefined,
    deletedAt: row.deleted_at ?? undefined,
  };
}

export function keySetOf(row: KeySetRow): StoredKeySet {
  return {
    id: row.id,
    contract: row.contract,
    state: row.state,
    sealed: row.sealed,
    createdAt: row.created_at,
    retiredAt: row.retired_at ?? undefined,
  };
}

export function eventOf(row: AuditRow): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    type: row.type,
    contract: row.contract ?? undefined,
    subjectId: row.subject_id ?? undefined,
    sessionId: row.session_id ?? undefined,
    reason: row.reason ?? undefined,
    requestId: row.request_id ?? undefined,
    address: row.address ?? undefined,
    userAgent: row.user_agent ?? undefined,
    actor: row.actor ?? undefined,
  };
}
