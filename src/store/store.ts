// What a store implements: the ports of all its consumers.
import type { AuditStore, PurgeStore, SessionStore, SubjectStore } from '../admin/ports.ts';
import type { ImportStore } from '../engine/import-ports.ts';
import type { IssueStore, RefreshStore } from '../engine/ports.ts';
import { isRefractError, RefractError } from '../errors.ts';
import type { KeyStore } from '../signer/ports.ts';

/** Everything a store does. */
export interface Store
  extends RefreshStore, IssueStore, SessionStore, SubjectStore, KeyStore, AuditStore, PurgeStore, ImportStore {
  /** Reads, and commits a write that changes nothing. @throws RefractError `unavailable` if either fails */
  readonly probe: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** An error that stops a start or a command; its message is one sentence for the operator. */
export function storeError(message: string): RefractError {
  return new RefractError('store', message);
}

/** Returns a `store` error unchanged, and any other reason as a `store` error that begins with `sentence`. */
export function toStoreError(reason: unknown, sentence: string): RefractError {
  return isRefractError(reason, 'store') ? reason : storeError(`${sentence}: ${messageOf(reason)}.`);
}

/** The message of an error in one line: SQLite describes a damaged file in several. */
export function messageOf(reason: unknown): string {
  const message = reason instanceof Error ? reason.message : String(reason);
  return message.replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '');
}

/** The beginning of a message about a schema that is too new. */
export function newerSchema(database: string, version: number, known: number): string {
  return `${database} has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}`;
}
