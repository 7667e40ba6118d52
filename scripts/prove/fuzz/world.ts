// What stands behind the texts that requests have in place of tokens and ids: a real server with subjects and sessions of
// every contract, some living and some not.
import { accessTokenIn, contracts, refreshTokenIn, type ContractName } from '../../../test/shared/refreshing.ts';
import type { ServerProcess } from '../serving.ts';
import { jsonIn, textIn } from './answers.ts';
import type { Received } from './exchange.ts';
import type { Verdict } from './judged.ts';
import type { Meanings } from './trial.ts';
import type { Known } from './values.ts';

export interface World {
  /** What the texts stand for at this moment, in requests of this contract; the operators' own is one as well. */
  readonly meanings: (contract: string) => Meanings;
  /** Whether a credential, bare or after its word, is a living session's. */
  readonly isLiving: (contract: string, credential: string | undefined) => boolean;
  /** Whether it is any of the tokens that requests are filled in with. */
  readonly isOurs: (contract: string, credential: string | undefined) => boolean;
  /** Takes over the successor that was given; a session that was throttled is left for another. */
  readonly follow: (verdict: Verdict, received: Received) => Promise<void>;
}

/** Texts for members and parameters of these names; anything else is made up. */
export const known: Known = {
  of: (name) => {
    if (/token/i.test(name))
      return ['~living~', '~living~', '~living~', '~revoked~', '~orphan~', '~foreign~', '~access~'];
    return texts[name] ?? [];
  },
};

const texts: Readonly<Record<string, readonly string[]>> = {
  subjectId: ['~subject~', '~gone~', 'nobody'],
  subject: ['~subject~', '~gone~', 'nobody'],
  id: ['~subject~', '~gone~', 'somebody'],
  contract: [...contracts, 'admin', 'nothing'],
  sessionId: ['~session~', '~ended~', 'none'],
  session: ['~session~', '~ended~', 'none'],
  keySetId: ['~keySet~', 'none'],
  cursor: ['~cursor~'],
};

export async function createWorld(server: ServerProcess): Promise<World> {
  const living = new Map<string, string>();
  const others = new Map<string, Meanings>();
  for (const contract of contracts) {
    living.set(contract, (await server.issue(contract, `${contract}-living`)).token);
    others.set(contract, await deadTokens(server, contract));
  }
  const ended = await server.issue('xerial', 'xerial-revoked');
  const session = await server.issue('xerial', 'xerial-living');
  const { data: page } = await server.admin.GET('/sessions', { params: { query: { limit: '1' } } });
  const { data: keys } = await server.admin.GET('/keys');
  await server.admin.DELETE('/sessions/{sessionId}', { params: { path: { sessionId: ended.sessionId } } });
  const operators: Meanings = {
    subject: 'xerial-living',
    gone: 'xerial-orphan',
    session: session.sessionId,
    ended: ended.sessionId,
    keySet: keys?.keySets[0]?.id ?? '',
    cursor: page?.next ?? '',
    admin: server.adminToken,
  };
  return {
    meanings: (contract) => ({
      ...operators,
      living: living.get(contract) ?? session.token,
      ...(others.get(contract) ?? others.get('xerial')),
    }),
    isLiving: (contract, credential) => credential !== undefined && bare(credential) === living.get(contract),
    isOurs: (contract, credential) =>
      credential !== undefined &&
      [living.get(contract), ...Object.values(others.get(contract) ?? {})].includes(bare(credential)),
    follow: async ({ operation, isGranted }, { status, body }) => {
      const contract = operation?.contract ?? '';
      if (!isContract(contract)) return;
      if (status === 429) {
        // While somebody holds the database none can be had, and the throttled one stays.
        const fresh = await server.issue(contract, `${contract}-living`).catch(() => undefined);
        if (fresh !== undefined) living.set(contract, fresh.token);
      }
      // Its answer has no successor.
      else if (isGranted === true && contract !== 'kirjaswappi')
        living.set(contract, refreshTokenIn(contract, jsonIn(textIn(body) ?? '')?.json));
    },
  };
}

function bare(credential: string): string {
  return credential.replace(/^bearer +/i, '');
}

/** Tokens that our own keys signed and that nobody is to be let in with. */
async function deadTokens(server: ServerProcess, contract: ContractName): Promise<Meanings> {
  const foreign = await server.issue(contract === 'xerial' ? 'fib' : 'xerial', 'of another contract');
  const revoked = await server.issue(contract, `${contract}-revoked`);
  await server.admin.DELETE('/sessions/{sessionId}', { params: { path: { sessionId: revoked.sessionId } } });
  const orphan = await server.issue(contract, `${contract}-orphan`);
  const { data } = await server.admin.POST('/sessions', { body: { contract, subjectId: `${contract}-orphan` } });
  await server.admin.DELETE('/subjects/{subjectId}', { params: { path: { subjectId: `${contract}-orphan` } } });
  return {
    foreign: foreign.token,
    revoked: revoked.token,
    orphan: orphan.token,
    access: data === undefined ? '' : accessTokenIn(contract, data.tokens),
  };
}

function isContract(name: string): name is ContractName {
  return contracts.some((one) => one === name);
}
