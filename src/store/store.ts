// What a store implements: the ports of all its consumers.
import type { AuditStore, PurgeStore, SessionStore, SubjectStore } from '../admin/ports.ts';
import type { ImportStore } from '../engine/import-ports.ts';
import type { IssueStore, RefreshStore } from '../engine/ports.ts';
import type { KeyStore } from '../signer/ports.ts';

/** Everything a store does. */
export interface Store
  extends RefreshStore, IssueStore, SessionStore, SubjectStore, KeyStore, AuditStore, PurgeStore, ImportStore {
  /** Reads, and writes something that changes nothing, as durably as everything else. @throws RefractError `unavailable` where it cannot */
  readonly probe: () => Promise<void>;
  readonly close: () => Promise<void>;
}
