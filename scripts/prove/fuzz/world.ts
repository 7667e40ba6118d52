// The values of placeholders: subjects, and active and ended sessions of every contract.
import { accessTokenIn, contracts, refreshTokenIn, type ContractName } from '../../../test/shared/refreshing.ts';
import type { ServerProcess } from '../../../test/shared/server-process.ts';
import { json, type WireAnswer } from '../../../test/shared/wire.ts';
import type { Verdict } from './verdict.ts';
import type { Trial } from './requests.ts';
import type { Known } from './values.ts';

export type World = Awaited<ReturnType<typeof createWorld>>;

/** Placeholders for members and parameters of these names. */
export const known: Known = (name) =>
  /token/i.test(name)
    ? ['~active~', '~active~', '~active~', '~revoked~', '~orphan~', '~foreign~', '~access~']
    : (texts[name] ?? []);

const texts: Readonly<Record<string, readonly string[]>> = {
  subjectId: ['~subject~', '~gone~', 'missing'],
  subject: ['~subject~', '~gone~', 'missing'],
  id: ['~subject~', '~gone~', 'new'],
  contract: [...contracts, 'admin', 'nothing'],
  sessionId: ['~session~', '~ended~', 'none'],
  session: ['~session~', '~ended~', 'none'],
  keySetId: ['~keySet~', 'none'],
  cursor: ['~cursor~'],
};

/** By the name between two tildes, which a URL does not encode. */
type Meanings = Readonly<Record<string, string>>;

export async function createWorld(server: ServerProcess) {
  const active = new Map<string, string>();
  const others = new Map<string, Meanings>();
  for (const contract of contracts) {
    active.set(contract, (await server.issue(contract, `${contract}-active`)).token);
    others.set(contract, await deadTokens(server, contract));
  }
  const ended = await server.issue('xerial', 'xerial-revoked');
  const session = await server.issue('xerial', 'xerial-active');
  const { data: page } = await server.admin.GET('/sessions', { params: { query: { limit: '1' } } });
  const { data: keys } = await server.admin.GET('/keys');
  await server.admin.DELETE('/sessions/{sessionId}', { params: { path: { sessionId: ended.sessionId } } });
  const operators: Meanings = {
    ...{ subject: 'xerial-active', gone: 'xerial-orphan', session: session.sessionId, ended: ended.sessionId },
    ...{ keySet: keys?.keySets[0]?.id ?? '', cursor: page?.next ?? '', admin: server.adminToken },
  };
  return {
    /** Replaces the placeholders of a request by their current values. */
    filled: (contract: string, trial: Trial): Trial => {
      const token = { active: active.get(contract) ?? session.token };
      return filledIn(trial, { ...operators, ...token, ...(others.get(contract) ?? others.get('xerial')) });
    },
    /** Whether a credential, bare or after its scheme, belongs to an active session. */
    isActive: (contract: string, credential: string): boolean =>
      credential.replace(/^bearer +/i, '') === active.get(contract),
    /** Continues with the successor in a response. */
    follow: ({ operation, isGranted }: Verdict, response: WireAnswer): void => {
      const contract = contracts.find((one) => one === operation?.contract);
      // A response of kirjaswappi has no successor.
      if (contract === undefined || contract === 'kirjaswappi' || isGranted !== true) return;
      active.set(contract, refreshTokenIn(contract, json(response)));
    },
  };
}

function filledIn(trial: Trial, meanings: Meanings): Trial {
  const fill = (text: string): string =>
    text.replaceAll(/~(\w+)~/g, (written, name: string) => meanings[name] ?? written);
  return {
    method: trial.method,
    path: fill(trial.path),
    headers: Object.fromEntries(Object.entries(trial.headers).map(([name, value]) => [name, fill(value)])),
    body: trial.body && fill(trial.body),
  };
}

/** Tokens that our own keys signed and the server refuses. */
async function deadTokens(server: ServerProcess, contract: ContractName): Promise<Meanings> {
  const { issue, admin } = server;
  const foreign = await issue(contract === 'xerial' ? 'fib' : 'xerial', 'of another contract');
  const revoked = await issue(contract, `${contract}-revoked`);
  await admin.DELETE('/sessions/{sessionId}', { params: { path: { sessionId: revoked.sessionId } } });
  const subjectId = `${contract}-orphan`;
  const orphan = await issue(contract, subjectId);
  await admin.DELETE('/subjects/{subjectId}', { params: { path: { subjectId } } });
  const access = accessTokenIn(contract, orphan.tokens);
  return { foreign: foreign.token, revoked: revoked.token, orphan: orphan.token, access };
}
