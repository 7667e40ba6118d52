// Walks the journey of each contract and reports whether each step passed, on a server with a temporary database, or on the
// mock.
import { join } from 'node:path';
import { compose } from '../src/app/app.ts';
import { findContract, loadFolder, type LoadedContract } from '../src/app/contracts.ts';
import { readConfig } from '../src/config.ts';
import { Exit, runCommand, type Output } from './command.ts';
import {
  hasJourney,
  JourneyError,
  journeyOf,
  noJourney,
  walk,
  withScratch,
  workflows,
  type Walk,
  type WalkedStep,
  type Workflow,
} from './journeys/walk.ts';
import { createMock } from './mock.ts';

/** A server or a mock to walk journeys on. */
export interface Target {
  readonly origin: string;
  readonly walked: readonly Workflow[];
  /** The refresh token of a new session. */
  readonly issue: (contract: string) => Promise<string>;
}

/**
 * Returns the contracts of these names; without names all that have a journey.
 * @throws where a contract is unknown or none has a journey
 */
export function choose<Named extends { readonly name: string }>(
  all: readonly Named[],
  names: readonly string[],
  say: (text: string) => void,
): Named[] {
  if (names.length > 0) return [...new Set(names)].map((name) => findContract(all, name));
  for (const { name } of all) if (!hasJourney(name)) say(noJourney(name));
  const chosen = all.filter(({ name }) => hasJourney(name));
  if (chosen.length === 0) throw new JourneyError('No contract has a journey.');
  return chosen;
}

/** Walks the journeys of the contracts. @throws JourneyError where one cannot be walked */
export async function walkJourneys(contracts: readonly LoadedContract[], target: Target): Promise<Walk[]> {
  const journeys = [];
  for (const { name, document } of contracts) {
    const tokens: Partial<Record<Workflow, string>> = {};
    for (const workflow of target.walked) tokens[workflow] = await target.issue(name);
    journeys.push({ ...journeyOf(name), url: target.origin + document.basePath, tokens });
  }
  return walk(journeys);
}

/** For a terminal. */
export function asText(walks: readonly Walk[]): string {
  const lines = walks.flatMap(({ contract, workflow, steps }) => [
    `${contract}: ${workflow}`,
    ...steps.flatMap(linesOf),
  ]);
  const steps = walks.flatMap((each) => each.steps);
  const passed = steps.filter(({ outcome }) => outcome === 'passed').length;
  return [...lines, '', `${String(passed)} of ${String(steps.length)} steps passed.`].join('\n');
}

function linesOf({ name, outcome, status, why }: WalkedStep): string[] {
  switch (outcome) {
    case 'passed':
      return [`  ✓ ${name}`];
    case 'left out':
      return [`  – ${name} (left out)`];
    case 'failed':
      return [
        `  ✗ ${name}${status === undefined ? '' : ` (response ${String(status)})`}`,
        ...why.map((phrase) => `      ${phrase}`),
      ];
  }
}

export function hasPassed(walks: readonly Walk[]): boolean {
  return walks.every(({ steps }) => steps.every(({ outcome }) => outcome === 'passed'));
}

/** Runs a server with a database in a temporary folder. */
async function onServer<Result>(
  contracts: readonly LoadedContract[],
  use: (target: Target) => Promise<Result>,
): Promise<Result> {
  return withScratch(async (folder) => {
    const names = contracts.map(({ name }) => name);
    const refract = await compose(
      readConfig(names, { port: '0', database: join(folder, 'refract.db') }, {}),
      contracts,
    );
    try {
      const origin = await refract.listen();
      await refract.store.putSubject('traveller', { email: undefined, account: undefined, role: undefined });
      const issue = async (contract: string): Promise<string> => {
        const issued = await refract.issue(contract, 'traveller');
        if (issued.kind === 'refused') throw new JourneyError(`${contract} issues no session: ${issued.refusal}.`);
        return issued.grant.refresh.token;
      };
      return await use({ origin, walked: workflows, issue });
    } finally {
      await refract.close();
    }
  });
}

/** Runs a mock, which accepts any token and has no sessions. */
async function onMock<Result>(
  contracts: readonly LoadedContract[],
  use: (target: Target) => Promise<Result>,
): Promise<Result> {
  const mock = await createMock(contracts, false);
  try {
    const origin = await mock.listen(0, '127.0.0.1');
    return await use({ origin, walked: ['responses'], issue: () => Promise.resolve('any-token') });
  } finally {
    await mock.close();
  }
}

/** The exit code is 1 where a step failed or nothing could be walked. */
export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'journeys',
    args,
    (command, print) =>
      command
        .description('Walks the journey of each contract (test/journeys, Arazzo) and reports each step.')
        .argument('[contracts...]', 'the contracts; all with a journey unless given')
        .option('--mock', 'walk on the mock, without the steps that need sessions')
        .action(async (names, { mock = false }) => {
          const chosen = choose((await loadFolder()).contracts, names, print);
          const on = mock ? onMock : onServer;
          const walks = await on(chosen, (target) => walkJourneys(chosen, target));
          print(asText(walks));
          if (!hasPassed(walks)) throw new Exit(1);
        }),
    output,
  );
}

if (import.meta.main) {
  // A signal aborts the walk and removes its files.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  process.exitCode = await run(process.argv.slice(2));
}
