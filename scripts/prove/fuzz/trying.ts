// Sends what was made up, and where an answer is wrong finds the smallest request that has it.
import fc from 'fast-check';
import { textIn } from './answers.ts';
import type { Documented, Operation } from './documented.ts';
import { exchange, type Received } from './exchange.ts';
import { judged, type Asked, type Verdict } from './judged.ts';
import { requestsAt } from './requests.ts';
import { callOf, described, filledIn, type Meanings, type Trial } from './trial.ts';
import type { Known } from './values.ts';
import type { World } from './world.ts';

export interface Findings {
  cases: number;
  faults: number;
  readonly violations: string[];
  /** Statuses that an operation was seen to answer with, by document and operation. */
  readonly seen: Map<string, Set<number>>;
  /** The X-Request-Id of every answer so far. */
  readonly ids: Set<string>;
}

export interface TryingOptions {
  readonly origin: string;
  readonly asked: Asked;
  /** Of a mock there is none. */
  readonly world?: World;
  readonly known: Known;
  readonly random: () => number;
  readonly findings: Findings;
  readonly isPreferring: boolean;
}

export interface Trying {
  /**
   * So many requests for each operation of the documents, or fewer where time is over; those of different documents at
   * the same time.
   */
  readonly all: (documents: readonly Documented[], amount: Amount) => Promise<void>;
}

export interface Amount {
  /** Requests for an operation. */
  readonly runs: number;
  /** For all operations of a document, which share it. */
  readonly seconds: number;
}

/** Violations, after which nothing more is made up: they are enough to look into. */
const enough = 6;

export function createTrying(options: TryingOptions): Trying {
  const { origin, asked, world, findings, random } = options;

  const tryOnce = async (contract: string, trial: Trial): Promise<void> => {
    const filled = filledIn(trial, world?.meanings(contract) ?? nothing);
    const received = await exchange(origin, callOf(filled));
    findings.cases += 1;
    const verdict = judged(asked, filled, received);
    const complaints = [...verdict.complaints, ...note(verdict, received)];
    if (complaints.length > 0) throw new Error(complaints.join('; '));
    await world?.follow(verdict, received);
  };

  /** @returns what is wrong with it in the light of all answers before */
  const note = ({ operation }: Verdict, { status, headers, body }: Received): readonly string[] => {
    if (operation === undefined) return [];
    const place = `${operation.contract} ${operation.id}`;
    findings.seen.set(place, (findings.seen.get(place) ?? new Set()).add(status));
    const id = headers['x-request-id']?.[0] ?? '';
    const isKnown = findings.ids.has(id);
    findings.ids.add(id);
    const correlation = /"correlation_id":"([^"]*)"/.exec(textIn(body) ?? '')?.[1];
    return [
      ...(isKnown ? ['another answer had the same X-Request-Id'] : []),
      ...(operation.contract === 'cloudreve' && !asked.isMock && correlation !== undefined && correlation !== id
        ? ['the correlation_id is not the X-Request-Id']
        : []),
    ];
  };

  const tryOperation = async (
    documented: Documented,
    operation: Operation,
    numRuns: number,
    until: number,
  ): Promise<void> => {
    if (findings.violations.length >= enough) return;
    const { known, isPreferring } = options;
    const seed = Math.floor(random() * 2 ** 31);
    const requests = requestsAt(operation, { documented, known, isPreferring });
    // Neither is another begun when time is over, nor a counterexample made any smaller; one under way is waited for.
    const property = fc.asyncProperty(requests, async (trial) => {
      if (performance.now() < until) await tryOnce(documented.name, trial);
    });
    const found = await fc.check(property, { seed, numRuns });
    const [smallest] = found.counterexample ?? [];
    if (smallest === undefined) return;
    const reason = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
    const whose = `${asked.isMock ? 'mock, ' : ''}${documented.name} ${operation.id}`;
    findings.violations.push(`${whose}: ${reason}; asked ${described(smallest)} (fast-check seed ${String(seed)})`);
  };

  return {
    all: async (documents, { runs, seconds }) => {
      const since = performance.now();
      const tryDocument = async (documented: Documented): Promise<void> => {
        // What takes away comes last, so that something is there for the others.
        const takes = ({ method }: Operation): number => (method === 'DELETE' ? 1 : 0);
        const operations = documented.operations.toSorted((a, b) => takes(a) - takes(b));
        for (const [index, operation] of operations.entries()) {
          const share = (index + 1) / operations.length;
          await tryOperation(documented, operation, runs, since + seconds * 1000 * share);
        }
      };
      await Promise.all(documents.map(tryDocument));
    },
  };
}

/** For whom no token means anything. */
const nothing: Meanings = {};
