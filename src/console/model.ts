// The data that the pages show. The server writes it, and the scripts in the browser read it.
import type { ContractDocument } from '../http/documents.ts';

export interface ConsoleContract {
  /** With the base path where it is mounted. */
  readonly document: ContractDocument;
  /** `undefined` for a mock, which runs no engine. */
  readonly runs: ContractRuns | undefined;
  readonly hasPublicKeys: boolean;
}

/** The settings of a served contract. Durations in seconds. */
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
  /** The admin contract, if it is shown beside the others. */
  readonly operators?: ConsoleContract | undefined;
  /** The origin of a mock of the same contracts, for example `http://127.0.0.1:4010`. */
  readonly mockOrigin?: string | undefined;
  /** Issues a demo session, so that try-it has a token. */
  readonly demo?: ((contract: string) => Promise<DemoCall | undefined>) | undefined;
}

/** The token that the reference page fills in, and the body of an operation that takes it there. */
export interface DemoCall {
  readonly token: string;
  readonly body: string | undefined;
}

/** A page that others link to. */
export interface Place {
  readonly name: string;
  readonly path: string;
}

export interface StatusOptions {
  readonly contracts: readonly { readonly name: string; readonly title: string }[];
  /** The admin contract, as it is mounted. */
  readonly admin: ContractDocument;
  /** The origin of its mock. */
  readonly mockOrigin: string | undefined;
  readonly read: () => Promise<ServerStatus>;
}

/** Everything that the status page draws. Times in seconds since 1970. */
export interface ServerStatus {
  readonly now: number;
  readonly startedAt: number;
  readonly checks: readonly { readonly part: string; readonly trouble: string | null }[];
  /** Audit events that could not be written since the start. */
  readonly lost: number;
  /** Begin, slot length in seconds, and number of slots of every series. */
  readonly history: { readonly begin: number; readonly slotLength: number; readonly slotCount: number };
  readonly contracts: readonly {
    readonly name: string;
    readonly title: string;
    /** `undefined` when the store is unavailable. */
    readonly activeSessions: number | undefined;
    /** Requests by outcome, oldest slot first. */
    readonly series: Readonly<Record<string, readonly number[]>>;
  }[];
}
