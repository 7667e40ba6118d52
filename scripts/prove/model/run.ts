// One run of commands: the server, the reference, and a journal of tokens as a second check.
import type fc from 'fast-check';
import { accessTokenIn, contracts, refreshTokenIn, type ContractName } from '../../../test/shared/refreshing.ts';
import { claimsOf, headerOf } from '../../../test/shared/tokens.ts';
import { Reference, type Session, type Token } from './reference.ts';
import { settingsOf, type World } from './world.ts';

export interface ModelRun {
  readonly world: World;
  readonly reference: Reference;
  readonly journal: Journal;
  readonly counts: Counts;
  /** The id of a subject in this run: other runs share the database. */
  readonly idOf: (subject: string) => string;
  readonly sessionAt: (index: number) => Session | undefined;
  /** A new version of credentials. */
  readonly nextVersion: () => number;
  readonly moveClock: (second: number) => Promise<void>;
  /** The latest second of the clock so far. */
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

export type Command = fc.AsyncCommand<ModelRun, ModelRun>;

const begin = 1_700_000_000;

/** Begins a run: one key set each, no subject, and the clock at the same second. */
export async function beginRun(world: World, counts: Counts): Promise<ModelRun> {
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
    expectStatus(response, 200);
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
    nextVersion: () => (versions += 1),
    latest: () => latest,
  };
}

/** A command that may always run; it has no effect where it cannot apply. */
export function step(label: string, apply: (run: ModelRun) => Promise<void>): Command {
  return {
    check: () => true,
    run: async (run) => {
      if (!label.startsWith('refresh') && !label.startsWith('issue')) run.counts.disturbances += 1;
      await apply(run);
    },
    toString: () => label,
  };
}

/** @throws where an operator's request has another status */
export function expectStatus({ status, url }: Response, expected: number): void {
  if (status !== expected) throw new Error(`${new URL(url).pathname} responded ${status}, not ${expected}`);
}

/** A refresh token that the server issued. */
export interface IssuedToken extends Token {
  readonly contract: ContractName;
  readonly text: string;
  readonly jti: unknown;
  /** The role of its subject, which its access token may claim. */
  readonly role: string;
  readonly access: string;
  /** Whether the client received it: the response may be lost. */
  isHeld: boolean;
  /** Whether its key was removed once none of its tokens was active: it may be refused for that. */
  mayBeForgotten: boolean;
}

export interface Grant {
  readonly session: Session;
  readonly expected: Token;
  /** The token that was exchanged; none for a new session. */
  readonly presented: IssuedToken | undefined;
  readonly body: unknown;
  readonly role: string;
  readonly isHeld: boolean;
}

export interface Journal {
  /** Every token, oldest first. */
  readonly issued: IssuedToken[];
  /** Sessions whose revocation was confirmed. */
  readonly ended: Set<string>;
  /** Records a grant. @throws a mistake in it, alone or compared with earlier grants */
  readonly note: (grant: Grant) => void;
}

function createJournal(): Journal {
  const issued: IssuedToken[] = [];
  const successors = new Map<unknown, unknown>();
  const ended = new Set<string>();
  const note = ({ session, expected, presented, body, role, isHeld }: Grant): void => {
    const { id, contract, policy, generation, rotatedAt } = session;
    const access = accessTokenIn(contract, body);
    // A static token does not change.
    const isUnchanged = contract === 'kirjaswappi' && presented !== undefined;
    const text = isUnchanged ? presented.text : refreshTokenIn(contract, body);
    const { sid, gen, iat, exp, jti } = claimsOf(text);
    if (ended.has(id)) throw new Error(`the session ${id} had ended and was granted`);
    const claimed = JSON.stringify({ sid, gen, iat, exp, kid: headerOf(text)['kid'] });
    const wanted = { sid: id, gen: generation, iat: rotatedAt, exp: expected.exp, kid: expected.kid };
    if (claimed !== JSON.stringify(wanted)) throw new Error(`a token of ${claimed}, not ${JSON.stringify(wanted)}`);
    if (presented !== undefined && policy === 'single-use') {
      if ((successors.get(presented.jti) ?? jti) !== jti) {
        throw new Error(`a second successor of generation ${presented.generation}`);
      }
      successors.set(presented.jti, jti);
    }
    const before = issued.find((one) => one.sessionId === id && one.generation === generation);
    if (before === undefined) {
      issued.push({ ...expected, contract, text, jti, role, access, isHeld, mayBeForgotten: false });
      return;
    }
    if (before.jti !== jti) throw new Error(`a second token of generation ${generation}`);
    const isSame = before.text === text && (isUnchanged || before.access === access);
    if (before.role === role && !isSame) throw new Error('a repeat has other bytes');
    before.isHeld ||= isHeld;
  };
  return { issued, ended, note };
}
