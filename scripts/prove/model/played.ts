// One run of commands: the server, the reference beside it, and what was seen so far.
import type fc from 'fast-check';
import { contracts } from '../../../test/shared/refreshing.ts';
import { createJournal, type Journal } from './journal.ts';
import { Reference, type Session } from './reference.ts';
import { settingsOf } from './settings.ts';
import type { World } from './world.ts';

export interface Played {
  readonly world: World;
  readonly reference: Reference;
  readonly journal: Journal;
  readonly counts: Counts;
  /** A subject's id in this run alone: others have used the database. */
  readonly idOf: (subject: string) => string;
  readonly sessionAt: (index: number) => Session | undefined;
  /** A new version of credentials. */
  readonly drawn: () => number;
  readonly moveClock: (second: number) => Promise<void>;
  /** The furthest that the clock has been. */
  readonly latest: () => number;
  /** Reads which keys sign. */
  readonly followKeys: () => Promise<void>;
}

/** Over all runs. */
export interface Counts {
  runs: number;
  refreshes: number;
  disturbances: number;
}

export type Command = fc.AsyncCommand<Played, Played>;

const begin = 1_700_000_000;

/** Begins a run: one key set each, nobody known, and the clock where it always begins. */
export async function beginRun(world: World, counts: Counts): Promise<Played> {
  if (world.variant() !== 0) await world.restart(0);
  counts.runs += 1;
  const run = counts.runs;
  const reference = new Reference(settingsOf(0));
  let versions = 0;
  let latest = begin;
  const moveClock = async (second: number): Promise<void> => {
    reference.now = second;
    latest = Math.max(latest, second);
    await world.moveClock(second);
  };
  const followKeys = async (): Promise<void> => {
    const { data } = await world.admin().GET('/keys');
    for (const contract of contracts) {
      const signing = data?.keySets.find((one) => one.contract === contract && one.state === 'active');
      if (signing === undefined) throw new Error(`no key set of ${contract} signs`);
      reference.active.set(contract, signing.refreshKid);
    }
  };
  await moveClock(begin);
  const { data } = await world.admin().GET('/keys');
  for (const contract of contracts) {
    if (data?.keySets.filter((one) => one.contract === contract).length === 1) continue;
    const { response } = await world.admin().POST('/keys/{contract}/compromise', { params: { path: { contract } } });
    accepted(response, 200);
  }
  await followKeys();
  return {
    world,
    reference,
    counts,
    journal: createJournal(),
    idOf: (subject) => `${subject} ${String(run)}`,
    sessionAt: (index) => {
      const all = [...reference.sessions.values()];
      return all[index % Math.max(all.length, 1)];
    },
    drawn: () => (versions += 1),
    moveClock,
    latest: () => latest,
    followKeys,
  };
}

/** A command that may always be given; what cannot be done at the moment does nothing. */
export function step(label: string, run: (played: Played) => Promise<void>): Command {
  return {
    check: () => true,
    run: async (played) => {
      if (!label.startsWith('refresh') && !label.startsWith('issue')) played.counts.disturbances += 1;
      await run(played);
    },
    toString: () => label,
  };
}

/** @throws where an operator was answered otherwise */
export function accepted({ status, url }: Response, expected: number): void {
  if (status !== expected) {
    throw new Error(`${new URL(url).pathname} answered ${String(status)}, not ${String(expected)}`);
  }
}
