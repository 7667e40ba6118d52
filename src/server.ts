// What `refract/server` is: the server of `refract serve`, for a program that has it inside of itself.
import { compose, logging } from './app/app.ts';
import { findContract, loadContracts } from './app/contracts.ts';
import type { Refract } from './app/refract.ts';
import { readConfig } from './config.ts';

export interface ServerOptions {
  /**
   * Settings under the names that the environment has for them, for example `{ PORT: '0', REFRACT_DB: 'sessions.db' }`.
   * The environment itself is not looked at; give `process.env` where it is meant.
   */
  readonly settings?: Readonly<Record<string, string | undefined>>;
  /** The contracts to serve; all where left out. */
  readonly contracts?: readonly string[];
}

/** A server that is open. Whatever fails does so with an Error whose message is one sentence. */
export interface Server {
  /** Of the contracts, for example `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** Of the operators' listener. */
  readonly adminOrigin: string;
  /** Adds a subject, or changes what is known of one: what the tokens of some contracts carry. */
  readonly putSubject: (
    subjectId: string,
    details?: { readonly email?: string; readonly account?: string; readonly role?: string },
  ) => Promise<void>;
  /** Begins a session of a subject that has signed in. */
  readonly issue: (contract: string, subjectId: string, label?: string) => Promise<IssuedTokens>;
  /** Ends a session. Resolves with whether it was living. */
  readonly revokeSession: (sessionId: string) => Promise<boolean>;
  /** Ends all sessions of a subject. Resolves with how many were living. */
  readonly revokeSubject: (subjectId: string) => Promise<number>;
  /** Answers what is under way, and stops. */
  readonly close: () => Promise<void>;
}

/** The first tokens of a session; they fit `tokens` of `createSession`. */
export interface IssuedTokens {
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds that the access token is good for. */
  readonly expiresIn: number;
  /** The same as the contract's own answer has it. */
  readonly answer: unknown;
}

/**
 * Opens a server: its database, its keys, and the two ports that its settings name. It logs JSON to the program's stdout.
 * @throws Error with one sentence for settings that do not fit, an unknown contract, a database or a port that cannot be had
 */
export async function createServer({ settings, contracts }: ServerOptions = {}): Promise<Server> {
  const known = await loadContracts();
  const config = readConfig(
    known.map(({ name }) => name),
    {},
    settings ?? {},
  );
  const wanted = new Set(contracts?.map((name) => findContract(known, name)) ?? known);
  const refract = await compose(config, [...wanted], logging(config));
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
