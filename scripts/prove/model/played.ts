// One run of commands: the server, the reference beside it, and a journal as a second opinion, which knows tokens alone.
import type fc from 'fast-check';
import { accessTokenIn, contracts, refreshTokenIn, type ContractName } from '../../../test/shared/refreshing.ts';
import { claimsOf, headerOf } from '../../../test/shared/tokens.ts';
import { Reference, type Session, type Token } from './reference.ts';
import { settingsOf, type World } from './world.ts';

export interface Played {
  readonly world: World;
  readonly reference: Reference;
  readonly journal: Journal;
  readonly counts: Counts;
  /** A subject's id in this run alone: other runs have used the database. */
  readonly idOf: (subject: string) => string;
  readonly sessionAt: (index: number) => Session | undefined;
  /** Draws a new version of credentials. */
  readonly drawn: () => number;
  readonly moveClock: (second: number) => Promise<void>;
  /** The latest second that the clock has shown. */
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

/** Begins a run: one key set each, no subject, and the clock at the same second. */
export async function beginRun(world: World, counts: Counts): Promise<Played> {
  if (world.variant() !== 0) await world.restart(0);
  counts.runs += 1;
  const run = counts.runs;
  const reference = new Reference(settingsOf(0));
  let [versions, latest] = [0, begin];
  const moveClock = async (second: number): Promise<void> => {
    reference.now = second;
    latest = Math.max(latest, second);
    await world.moveClock(second);
  };
  const keySets = async () => (await world.admin().GET('/keys')).data?.keySets ?? [];
  const followKeys = async (): Promise<void> => {
    for (const { contract, state, refreshKid } of await keySets()) {
      const known = contracts.find((one) => one === contract);
      if (state === 'active' && known !== undefined) reference.active.set(known, refreshKid);
    }
  };
  await moveClock(begin);
  const before = await keySets();
  for (const contract of contracts) {
    if (before.filter((one) => one.contract === contract).length === 1) continue;
    const { response } = await world.admin().POST('/keys/{contract}/compromise', { params: { path: { contract } } });
    accepted(response, 200);
  }
  await followKeys();
  return {
    ...{ world, reference, counts, moveClock, followKeys },
    journal: createJournal(),
    idOf: (subject) => `${subject} ${run}`,
    sessionAt: (index) => {
      const all = [...reference.sessions.values()];
      return all[index % Math.max(all.length, 1)];
    },
    drawn: () => (versions += 1),
    latest: () => latest,
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
  if (status !== expected) throw new Error(`${new URL(url).pathname} answered ${status}, not ${expected}`);
}

/** A refresh token as the server gave it. */
export interface Given extends Token {
  readonly contract: ContractName;
  readonly text: string;
  readonly jti: unknown;
  /** The role of its subject, from which its access token's claims may be made. */
  readonly role: string;
  readonly access: string;
  /** Whether the client has it: the response may be lost. */
  isHeld: boolean;
  /** Whether its key was removed when no token of it was active any more: it may be refused for that. */
  isForgotten: boolean;
}

export interface Grant {
  readonly session: Session;
  readonly expected: Token;
  /** The token that it was given for; none for a new session. */
  readonly presented: Given | undefined;
  readonly body: unknown;
  readonly role: string;
  readonly isHeld: boolean;
}

export interface Journal {
  /** Every token, oldest first. */
  readonly given: Given[];
  /** Sessions that were reported as revoked. */
  readonly ended: Set<string>;
  /** Notes a grant. @throws what is wrong with it, by itself and beside all grants before */
  readonly note: (grant: Grant) => void;
}

function createJournal(): Journal {
  const given: Given[] = [];
  const successors = new Map<unknown, unknown>();
  const ended = new Set<string>();
  const note = ({ session, expected, presented, body, role, isHeld }: Grant): void => {
    const { id, contract, policy, generation, rotatedAt } = session;
    const access = accessTokenIn(contract, body);
    // A static token stays.
    const isKept = contract === 'kirjaswappi' && presented !== undefined;
    const text = isKept ? presented.text : refreshTokenIn(contract, body);
    const { sid, gen, iat, exp, jti } = claimsOf(text);
    if (ended.has(id)) throw new Error(`the session ${id} had ended and is granted`);
    const claimed = JSON.stringify({ sid, gen, iat, exp, kid: headerOf(text)['kid'] });
    const wanted = { sid: id, gen: generation, iat: rotatedAt, exp: expected.exp, kid: expected.kid };
    if (claimed !== JSON.stringify(wanted)) throw new Error(`a token of ${claimed}, not ${JSON.stringify(wanted)}`);
    if (presented !== undefined && policy === 'single-use') {
      if ((successors.get(presented.jti) ?? jti) !== jti) {
        throw new Error(`a second successor of generation ${presented.generation}`);
      }
      successors.set(presented.jti, jti);
    }
    const before = given.find((one) => one.sessionId === id && one.generation === generation);
    if (before === undefined) {
      given.push({ ...expected, contract, text, jti, role, access, isHeld, isForgotten: false });
      return;
    }
    if (before.jti !== jti) throw new Error(`a second token of generation ${generation}`);
    const isSame = before.text === text && (isKept || before.access === access);
    if (before.role === role && !isSame) throw new Error('a repeat of other bytes');
    before.isHeld ||= isHeld;
  };
  return { given, ended, note };
}
