// Imports over the admin contract: one at a time, how far the one that runs is, and what became of the latest.
import { isUnavailable, RefractError } from '../errors.ts';
import type { Asking } from './administration.ts';
import { nothingYet, type BulkImport, type ImportSummary } from './bulk-import.ts';

/** How many are told of. */
const mostTold = 10;

/** How many bad rows a report tells of. */
const mostProblems = 100;

/** Times are seconds since 1970. */
export interface Import extends Asking {
  readonly state: 'running' | ImportEvent['state'];
  readonly beganAt: number;
  readonly finishedAt: number | undefined;
  /** What is counted is on disk. */
  readonly summary: ImportSummary;
}

/** What became of rows that were sent. */
export type ImportOutcome =
  | {
      readonly kind: 'read';
      readonly summary: ImportSummary;
      readonly problems: readonly { readonly line: number; readonly reason: string }[];
    }
  /** The store cannot write any more; of so many rows the good ones are imported. */
  | { readonly kind: 'unavailable'; readonly rows: number };

/** What is logged of an import that has ended. Never holds anything of a row. */
export interface ImportEvent extends Asking {
  readonly type: 'import_finished' | 'import_broken_off';
  readonly state: 'finished' | 'broken_off';
  readonly summary: ImportSummary;
  /** Why it was broken off. */
  readonly cause?: string;
}

export interface Imports {
  /**
   * @throws RefractError `conflict` or `invalid` while another one runs, and for rows of which none is a JSON object
   * @throws RefractError `unavailable` where nothing was changed, and whatever reading `chunks` throws
   */
  readonly run: (chunks: AsyncIterable<Uint8Array>, asking: Asking) => Promise<ImportOutcome>;
  /** Newest first. */
  readonly list: () => readonly Import[];
  /** Breaks off the one that runs, which is answered with how far it came. */
  readonly stop: () => void;
  /** Resolves when none runs. */
  readonly ended: () => Promise<void>;
}

export interface ImportsParts {
  readonly bulkImport: BulkImport;
  /** Seconds since 1970. */
  readonly clock: () => number;
  readonly tell: (event: ImportEvent) => void;
}

export function createImports({ bulkImport, clock, tell }: ImportsParts): Imports {
  let imports: readonly Import[] = [];
  let running: Promise<unknown> | undefined;
  const stopping = new AbortController();

  const importAll = async (chunks: AsyncIterable<Uint8Array>, asking: Asking): Promise<ImportOutcome> => {
    const earlier = imports.slice(0, mostTold - 1);
    let current: Import = { ...asking, state: 'running', beganAt: clock(), finishedAt: undefined, summary: nothingYet };
    const show = (changed: Partial<Import>): void => {
      current = { ...current, ...changed };
      imports = [current, ...earlier];
    };
    const end = (state: ImportEvent['state'], cause?: string): void => {
      show({ state, finishedAt: clock() });
      const { summary } = current;
      tell({ type: `import_${state}`, ...asking, state, summary, ...(cause !== undefined && { cause }) });
    };
    const problems: { line: number; reason: string }[] = [];
    show({});
    try {
      const summary = await bulkImport(untilStopped(chunks, stopping.signal), {
        dryRun: false,
        asking,
        onBadRow: (line, reason) => {
          if (problems.length < mostProblems) problems.push({ line, reason });
        },
        onProgress: (soFar) => {
          show({ summary: soFar });
        },
      });
      refuseOtherThanRows(summary);
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
    run: async (chunks, asking) => {
      if (running !== undefined) {
        throw new RefractError('conflict', 'An import is running; send the rows again when it has ended.');
      }
      const importing = importAll(chunks, asking);
      running = importing.catch(() => undefined);
      return importing.finally(() => (running = undefined));
    },
    list: () => imports,
    stop: () => {
      stopping.abort();
    },
    ended: async () => {
      await running;
    },
  };
}

/** Whoever still sends when the server stops is answered: that it is unavailable, and how far it came. */
async function* untilStopped(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stopped = new Promise<never>((_resolve, reject) => {
    const stop = (): void => {
      reject(new RefractError('unavailable', 'the server is stopping'));
    };
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
    // Not waited for: a sender that has gone silent would hold the stop up.
    iterator.return?.().catch(() => undefined);
  }
}

/** One bad row among others is told of in the report; where there is nothing else, somebody has sent the wrong file. */
function refuseOtherThanRows({ rows, unreadable }: ImportSummary): void {
  if (rows === 0) throw new RefractError('invalid', 'The body has no row: it is empty.');
  if (rows > unreadable) return;
  const none = rows === 1 ? 'Its one line is not' : `None of its ${String(rows)} lines is`;
  throw new RefractError('invalid', `The body is not NDJSON: ${none} a JSON object that can be read.`);
}
