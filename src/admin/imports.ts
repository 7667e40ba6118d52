// Imports over the admin contract: one at a time, with the progress of the current one and the latest results.
import { isUnavailable, RefractError } from '../errors.ts';
import type { Caller } from './administration.ts';
import { emptySummary, type BulkImport, type ImportSummary } from './bulk-import.ts';

const maxListedImports = 10;
const maxReportedProblems = 100;

/** Times are seconds since 1970. */
export interface ImportRun extends Caller {
  readonly state: 'running' | ImportEvent['state'];
  readonly beganAt: number;
  readonly finishedAt: number | undefined;
  /** The counted rows are committed. */
  readonly summary: ImportSummary;
}

/** The result of one import. */
export type ImportOutcome =
  | {
      readonly kind: 'read';
      readonly summary: ImportSummary;
      readonly problems: readonly { readonly line: number; readonly reason: string }[];
    }
  /** The store stopped writing. The good rows among the first `rows` are imported. */
  | { readonly kind: 'unavailable'; readonly rows: number };

/** The log entry of an import that has ended. It holds no value of a row. */
export interface ImportEvent extends Caller {
  readonly type: 'import_finished' | 'import_broken_off';
  readonly state: 'finished' | 'broken_off';
  readonly summary: ImportSummary;
  /** Why it was broken off. */
  readonly cause?: string;
}

export interface Imports {
  /**
   * @throws RefractError `conflict` while another import runs, `invalid` when no row is a JSON object
   * @throws RefractError `unavailable` when nothing was changed, and errors of reading `chunks`
   */
  readonly run: (chunks: AsyncIterable<Uint8Array>, caller: Caller) => Promise<ImportOutcome>;
  /** Newest first. */
  readonly list: () => readonly ImportRun[];
  /** Breaks off the running import; its response reports the committed rows. */
  readonly stop: () => void;
  /** Resolves when no import runs. */
  readonly ended: () => Promise<void>;
}

export interface ImportsParts {
  readonly bulkImport: BulkImport;
  /** Seconds since 1970. */
  readonly clock: () => number;
  readonly onEvent: (event: ImportEvent) => void;
}

export function createImports({ bulkImport, clock, onEvent }: ImportsParts): Imports {
  let imports: readonly ImportRun[] = [];
  let running: Promise<unknown> | undefined;
  const stopping = new AbortController();

  const importAll = async (chunks: AsyncIterable<Uint8Array>, caller: Caller): Promise<ImportOutcome> => {
    const earlier = imports.slice(0, maxListedImports - 1);
    const begun = { ...caller, state: 'running', beganAt: clock(), finishedAt: undefined } as const;
    let current: ImportRun = { ...begun, summary: emptySummary };
    const update = (changed: Partial<ImportRun>): void => {
      current = { ...current, ...changed };
      imports = [current, ...earlier];
    };
    const end = (state: ImportEvent['state'], cause?: string): void => {
      update({ state, finishedAt: clock() });
      const { summary } = current;
      onEvent({ type: `import_${state}`, ...caller, state, summary, ...(cause !== undefined && { cause }) });
    };
    const problems: { line: number; reason: string }[] = [];
    update({});
    try {
      const summary = await bulkImport(untilStopped(chunks, stopping.signal), {
        dryRun: false,
        caller,
        onBadRow: (line, reason) => {
          if (problems.length < maxReportedProblems) problems.push({ line, reason });
        },
        onProgress: (progress) => {
          update({ summary: progress });
        },
      });
      checkIsNdjson(summary);
      end('finished');
      return { kind: 'read', summary, problems };
    } catch (reason) {
      end('broken_off', reason instanceof Error ? reason.message : 'unknown');
      const { rows } = current.summary;
      if (isUnavailable(reason) && rows > 0) return { kind: 'unavailable', rows };
      throw reason;
    }
  };

  return {
    run: async (chunks, caller) => {
      if (running !== undefined) {
        throw new RefractError('conflict', 'An import is running; send the rows again when it has ended.');
      }
      const importing = importAll(chunks, caller);
      running = importing.catch(() => undefined);
      return importing.finally(() => (running = undefined));
    },
    list: () => imports,
    stop: () => stopping.abort(),
    ended: async () => {
      await running;
    },
  };
}

/** Throws `unavailable` when the server stops, so that a client that is still sending gets a response. */
async function* untilStopped(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stopped = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(new RefractError('unavailable', 'the server is stopping'));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  stopped.catch(() => undefined);
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), stopped]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a silent sender would delay the stop.
    iterator.return?.().catch(() => undefined);
  }
}

/** One bad row among others is reported; a body of bad rows only is the wrong file. */
function checkIsNdjson({ rows, unreadable }: ImportSummary): void {
  if (rows === 0) throw new RefractError('invalid', 'The body has no row: it is empty.');
  if (rows > unreadable) return;
  const lines = rows === 1 ? 'Its one line is not' : `None of its ${String(rows)} lines is`;
  throw new RefractError('invalid', `The body is not NDJSON: ${lines} a JSON object that can be read.`);
}
