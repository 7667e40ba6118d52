// The interface of a composed server, and its options.
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

/** Observers of events, and replacements of parts for tests. */
export interface ComposeOptions {
  readonly onEngineEvent?: (event: EngineEvent) => void;
  readonly onHttpEvent?: (event: HttpEvent) => void;
  readonly onPurgeEvent?: (event: PurgeEvent) => void;
  /** Receives events of imports through the admin listener. */
  readonly onImportEvent?: (event: ImportEvent) => void;
  /** Returns integer seconds since 1970; PostgreSQL uses its own clock. */
  readonly clock?: () => number;
  readonly wrapSigner?: (signer: PublishingSigner) => PublishingSigner;
  readonly wrapStore?: (store: Store) => Store;
  /**
   * Whether store, signer and engines run in the engine thread; with PostgreSQL they never do. `clock`, `wrapSigner` and
   * `wrapStore` need a single thread.
   */
  readonly hasEngineThread?: boolean;
  /** Awaited by each listener after all checks, before it opens its port. */
  readonly beforeOpening?: () => Promise<void>;
}

/** A composed server; `close` it when done. */
export interface Refract {
  readonly contracts: readonly (LoadedContract & { readonly settings: ContractSettings })[];
  readonly store: SessionStore & SubjectStore & PurgeStore;
  /** Issues a session. @throws RefractError `configuration` for an unknown contract */
  readonly issue: (contract: string, subjectId: string, label?: string) => Promise<Issued>;
  /** Issues a session of the demo subject, which is added or enabled if necessary. */
  readonly issueDemo: (contract: string) => Promise<Issued>;
  /** Returns the tokens of a new session in the form of the contract. */
  readonly shapeOf: (contract: string, issued: Extract<Issued, { kind: 'issued' }>) => unknown;
  /** Returns the document's example call with a valid token. */
  readonly callOf: (contract: string, token: string, at?: string) => ExampleCall;
  /**
   * Checks and warms up all documents and opens the port. Resolves with the origin.
   * @param demo whether the console issues demo sessions to users on this machine
   */
  readonly listen: (only?: Only, demo?: { readonly demo: boolean }) => Promise<string>;
  /** Opens the admin port. Resolves with the origin. */
  readonly listenAdmin: () => Promise<string>;
  /** The actions of operators. */
  readonly administration: Administration;
  /** Imports another server's subjects and active sessions. */
  readonly bulkImport: BulkImport;
  /** Reports whether a token is active, and its claims if so (RFC 7662). */
  readonly introspect: (token: string) => Promise<Introspection>;
  /**
   * Serves an edited document of a contract, or the admin document, from now on and without an interruption.
   * @throws RefractError `document`, and continues to serve the previous one
   */
  readonly replaceDocument: (document: ContractDocument) => Promise<void>;
  /** Resolves with the reason when a part has ended by a fault: the server must be closed. */
  readonly broken: Promise<Error>;
  readonly close: () => Promise<void>;
}

/** The only contract to serve. */
export interface Only {
  readonly contract: string;
  /** Base path in place of the document's. */
  readonly at?: string;
}
