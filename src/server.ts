// The module `refract/server`: the server of `refract serve`, embedded in another program.
import { compose, logging, logUnserved } from './app/app.ts';
import { findContract, loadFolder, requireServed, withoutUnfit } from './app/contracts.ts';
import type { Refract } from './app/refract.ts';
import { readConfig } from './config.ts';

export interface ServerOptions {
  /**
   * Settings by the names of their environment variables, for example `{ PORT: '0', REFRACT_DB: 'sessions.db' }`. The
   * environment itself is not read; pass `process.env` to use it.
   */
  readonly settings?: Readonly<Record<string, string | undefined>>;
  /** The contracts to serve; all by default. */
  readonly contracts?: readonly string[];
}

/** An open server. Methods reject with an Error whose message is one sentence. */
export interface Server {
  /** The origin of the contracts, for example `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** The origin of the admin listener. */
  readonly adminOrigin: string;
  /** Adds or changes a subject. The tokens of some contracts contain its details. */
  readonly putSubject: (
    subjectId: string,
    details?: { readonly email?: string; readonly account?: string; readonly role?: string },
  ) => Promise<void>;
  /** Issues a session of a subject that has signed in. */
  readonly issue: (contract: string, subjectId: string, label?: string) => Promise<IssuedTokens>;
  /** Revokes a session. Resolves with whether it was active. */
  readonly revokeSession: (sessionId: string) => Promise<boolean>;
  /** Revokes all sessions of a subject. Resolves with how many were active. */
  readonly revokeSubject: (subjectId: string) => Promise<number>;
  /** Completes the requests in flight, and stops. */
  readonly close: () => Promise<void>;
}

/** The first tokens of a session, for `tokens` of `createSession`. */
export interface IssuedTokens {
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  /** The tokens in the form of the contract. */
  readonly answer: unknown;
}

/**
 * Opens the database, the keys and both ports. Logs JSON to standard error.
 * @throws Error for invalid settings, an unknown contract, or a database or port that cannot be opened
 */
export async function createServer({ settings, contracts }: ServerOptions = {}): Promise<Server> {
  const folder = await withoutUnfit(await loadFolder());
  const { contracts: known, unserved } = folder;
  const config = readConfig(
    [...known, ...unserved].map(({ name }) => name),
    {},
    settings ?? {},
  );
  requireServed(folder, contracts);
  const selected = new Set(contracts?.map((name) => findContract(known, name)) ?? known);
  if (contracts === undefined) logUnserved(config, unserved);
  const refract = await compose(config, [...selected], logging(config));
  try {
    const adminOrigin = await refract.listenAdmin();
    const origin = await refract.listen();
    return serverOf(refract, { origin, adminOrigin });
  } catch (reason) {
    await refract.close();
    throw reason;
  }
}

/** Who has asked, in the audit trail. */
const caller = { actor: 'program' } as const;

function serverOf(refract: Refract, origins: Pick<Server, 'origin' | 'adminOrigin'>): Server {
  const { administration, shapeOf, close } = refract;
  let isOpen = true;
  const whileOpen =
    <Parameters extends unknown[], Result>(work: (...parameters: Parameters) => Promise<Result>) =>
    async (...parameters: Parameters): Promise<Result> => {
      if (!isOpen) throw new Error('The server is closed.');
      return work(...parameters);
    };
  return {
    ...origins,
    putSubject: whileOpen(async (...[subjectId, { email, account, role } = {}]: Parameters<Server['putSubject']>) => {
      await administration.putSubject(subjectId, { email, account, role }, caller);
    }),
    issue: whileOpen<Parameters<Server['issue']>, IssuedTokens>(async (contract, subjectId, label) => {
      const issued = await administration.issue(contract, subjectId, label, caller);
      const { access, refresh, answeredAt } = issued.grant;
      return {
        sessionId: issued.session.id,
        accessToken: access.token,
        refreshToken: refresh.token,
        expiresIn: access.expiresAt - answeredAt,
        answer: shapeOf(contract, issued),
      };
    }),
    revokeSession: whileOpen(
      async (sessionId: string) => (await administration.revokeSession(sessionId, caller)).wasActive,
    ),
    revokeSubject: whileOpen(async (subjectId: string) => administration.revokeSessions({ subjectId }, caller)),
    close: () => {
      isOpen = false;
      return close();
    },
  };
}
