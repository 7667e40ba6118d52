// What one run of commands has seen, and what must hold of it whatever the reference says: a second opinion that knows
// only names of tokens.
import { accessTokenIn, refreshTokenIn, type ContractName } from '../../../test/shared/refreshing.ts';
import { claimsOf, headerOf } from '../../../test/shared/tokens.ts';

import type { Session, Token } from './reference.ts';

/** A refresh token as the server gave it. */
export interface Given extends Token {
  readonly contract: ContractName;
  readonly text: string;
  readonly jti: unknown;
  /** What of its subject its claims may be made from. */
  readonly role: string;
  readonly access: string;
  /** Whether the client has it: the answer that brought it may have been lost. */
  isHeld: boolean;
  /** Its key was taken away when nothing of it was living any more: it may be refused for that. */
  isForgotten: boolean;
}

export interface Journal {
  /** All there are, oldest first. */
  readonly given: Given[];
  /** Notes a token and holds it against what was given before. @throws what is wrong with it */
  readonly note: (grant: NotedGrant) => Given;
  /** Sessions that were revoked, or said to be. */
  readonly ended: Set<string>;
}

export interface NotedGrant {
  readonly session: Session;
  readonly expected: Token;
  /** The token that it was given for; none for a new session. */
  readonly presented: Given | undefined;
  readonly body: unknown;
  readonly role: string;
  readonly isHeld: boolean;
}

export function createJournal(): Journal {
  const given: Given[] = [];
  const successors = new Map<unknown, unknown>();
  const ended = new Set<string>();
  return {
    given,
    ended,
    note: ({ session, expected, presented, body, role, isHeld }) => {
      const { id, contract, policy, generation, rotatedAt } = session;
      const access = accessTokenIn(contract, body);
      // Who has a static token keeps it.
      const isKept = contract === 'kirjaswappi' && presented !== undefined;
      const text = isKept ? presented.text : refreshTokenIn(contract, body);
      const { sid, gen, iat, exp, jti } = claimsOf(text);
      const { kid } = headerOf(text);
      if (ended.has(id)) throw new Error(`the session ${id} had ended and is granted`);
      const claimed = JSON.stringify({ sid, gen, iat, exp, kid });
      const wanted = { sid: id, gen: generation, iat: rotatedAt, exp: expected.exp, kid: expected.kid };
      if (claimed !== JSON.stringify(wanted)) throw new Error(`a token of ${claimed}, not ${JSON.stringify(wanted)}`);

      if (presented !== undefined && policy === 'single-use') {
        const known = successors.get(presented.jti) ?? jti;
        if (known !== jti) throw new Error(`a second successor of generation ${String(presented.generation)}`);
        successors.set(presented.jti, jti);
      }
      const before = given.find((one) => one.sessionId === id && one.generation === generation);
      if (before !== undefined) {
        if (before.jti !== jti) throw new Error(`a second token of generation ${String(generation)}`);
        const isSame = before.text === text && (isKept || before.access === access);
        if (before.role === role && !isSame) throw new Error('a repeat of other bytes');
        before.isHeld ||= isHeld;
        return before;
      }
      const noted: Given = { ...expected, contract, text, jti, role, access, isHeld, isForgotten: false };
      given.push(noted);
      return noted;
    },
  };
}
