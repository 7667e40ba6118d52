// What the pages show, as values; shared by the server, which writes them, and the scripts in the browser.
import type { ContractDocument } from '../http/documents.ts';

/** A contract as it is shown. */
export interface ConsoleContract {
  /** With the base path that it is mounted at. */
  readonly document: ContractDocument;
  /** What it runs under; a mock runs under nothing. */
  readonly runs: ContractRuns | undefined;
  readonly hasPublicKeys: boolean;
}

/** Durations in seconds. */
export interface ContractRuns {
  readonly algorithm: string;
  readonly policy: 'single-use' | 'reusable' | 'static';
  readonly accessLifetime: number;
  readonly refreshLifetime: number;
  readonly sessionLifetime: number;
  readonly gracePeriod: number;
}

export interface ConsoleOptions {
  readonly kind: 'server' | 'mock';
  readonly contracts: readonly ConsoleContract[];
  /** The operators' own contract, where it is shown beside the others. */
  readonly operators?: ConsoleContract | undefined;
  /** Where a mock of the same contracts runs, for example `http://127.0.0.1:4010`. */
  readonly mockOrigin?: string | undefined;
  /** Issues a demo session, so that try-it needs no token of the reader's own. */
  readonly demo?: ((contract: string) => Promise<DemoCall | undefined>) | undefined;
}

/** What the reference page fills in: the token, and the body of an operation that takes it there. */
export interface DemoCall {
  readonly token: string;
  readonly body: string | undefined;
}

/** A page as others link to it. */
export interface Place {
  readonly name: string;
  readonly path: string;
}

export interface StatusOptions {
  readonly contracts: readonly { readonly name: string; readonly title: string }[];
  /** The admin contract, as it is mounted. */
  readonly admin: ContractDocument;
  /** Where a mock of it runs. */
  readonly mockOrigin: string | undefined;
  readonly read: () => Promise<StatusShown>;
}

/** Everything that the status page draws. Times in seconds since 1970. */
export interface StatusShown {
  readonly now: number;
  readonly startedAt: number;
  readonly checks: readonly { readonly part: string; readonly trouble: string | null }[];
  /** Audit events that could not be written since the start. */
  readonly lost: number;
  /** Where the series of the contracts begin, for how many seconds each count stands, and how many there are. */
  readonly history: { readonly begin: number; readonly slotLength: number; readonly slotCount: number };
  readonly contracts: readonly {
    readonly name: string;
    readonly title: string;
    /** Active sessions; left out where the store is not available. */
    readonly living: number | undefined;
    /** Requests by outcome, oldest count first. */
    readonly series: Readonly<Record<string, readonly number[]>>;
  }[];
}
