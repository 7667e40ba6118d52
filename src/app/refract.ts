// Refract as whoever puts it together has it, and what may be put in place of its parts.
import type { Administration } from '../admin/administration.ts';
import type { BulkImport } from '../admin/bulk-import.ts';
import type { ImportEvent } from '../admin/imports.ts';
import type { Introspection } from '../admin/introspection.ts';
import type { Issued } from '../engine/engine.ts';
import type { ContractSettings } from '../engine/policy.ts';
import type { EngineEvent } from '../engine/ports.ts';
import type { PurgeEvent, PurgeStore, SessionStore, SubjectStore } from '../admin/ports.ts';
import type { Store } from '../store/store.ts';
import type { ContractDocument } from '../http/documents.ts';
import type { ExampleCall } from '../http/example-call.ts';
import type { HttpEvent } from '../http/types.ts';
import type { PublishingSigner } from '../signer/signer.ts';
import type { LoadedContract } from './contracts.ts';

/** What tests put in place of the real thing, and who is told what happens. */
export interface ComposeOptions {
  readonly onEngineEvent?: (event: EngineEvent) => void;
  readonly onHttpEvent?: (event: HttpEvent) => void;
  readonly onPurgeEvent?: (event: PurgeEvent) => void;
  /** Of imports that came over the admin listener. */
  readonly onImportEvent?: (event: ImportEvent) => void;
  /** Integer seconds since 1970; PostgreSQL goes by its own clock. */
  readonly clock?: () => number;
  readonly wrapSigner?: (signer: PublishingSigner) => PublishingSigner;
  readonly wrapStore?: (store: Store) => Store;
  /**
   * Whether store, signer and engines work in a thread of their own, beside the one that reads requests and writes
   * answers; on PostgreSQL they never do. The clock and what wraps them are for one thread alone.
   */
  readonly isApart?: boolean;
  /** Awaited by each listener when everything of it is checked and only its port is left to be opened. */
  readonly beforeOpening?: () => Promise<void>;
}

/** Refract, put together; `close` it when done. */
export interface Refract {
  readonly contracts: readonly (LoadedContract & { readonly settings: ContractSettings })[];
  readonly store: SessionStore & SubjectStore & PurgeStore;
  /** Issues a session. @throws RefractError `configuration` for a contract there is not */
  readonly issue: (contract: string, subjectId: string, label?: string) => Promise<Issued>;
  /** Issues a session of the demo subject, which is put in order where it is not. */
  readonly issueDemo: (contract: string) => Promise<Issued>;
  /** The tokens of a new session in the contract's own shape. */
  readonly shapeOf: (contract: string, issued: Extract<Issued, { kind: 'issued' }>) => unknown;
  /** The document's own call with a live token. */
  readonly callOf: (contract: string, token: string, at?: string) => ExampleCall;
  /**
   * Checks and warms all documents and opens the port. Resolves with the origin.
   * @param demo whether the console may issue demo sessions to whoever opens it on this machine
   */
  readonly listen: (only?: Only, demo?: { readonly demo: boolean }) => Promise<string>;
  /** Opens the admin port, where it may also be 0. Resolves with the origin. */
  readonly listenAdmin: () => Promise<string>;
  /** What operators do. */
  readonly administration: Administration;
  /** Takes over another server's subjects and living sessions. */
  readonly bulkImport: BulkImport;
  /** Whether a token is active, and what it says if so (RFC 7662). */
  readonly introspect: (token: string) => Promise<Introspection>;
  /**
   * Serves an edited document of a contract, or the operators' own, from now on, without a pause.
   * @throws RefractError `document`, and goes on serving the one before
   */
  readonly replaceDocument: (document: ContractDocument) => Promise<void>;
  /** Resolves with the reason when a part of it has ended by itself, by a fault of ours: nothing is left but to close it. */
  readonly broken: Promise<Error>;
  readonly close: () => Promise<void>;
}

/** The one contract that is served, and where if not at its own base path. */
export interface Only {
  readonly contract: string;
  readonly at?: string;
}
