// The rule of the design's table, implemented a second time without the engine, storage, signatures and concurrency.
import type { ContractName } from '../../../test/shared/refreshing.ts';

/** The settings of a contract that the rule uses; in seconds. */
export interface Settings {
  readonly policy: 'single-use' | 'reusable' | 'static';
  readonly grace: number;
  readonly refreshLifetime: number;
  readonly sessionLifetime: number;
}

export interface Subject {
  /** Changes with the credentials, and when a deleted subject is created again. */
  credentials: number;
  role: string;
  isDisabled: boolean;
  isDeleted: boolean;
}

export interface Session {
  readonly id: string;
  readonly contract: ContractName;
  readonly policy: Settings['policy'];
  readonly subjectId: string;
  readonly credentials: number;
  readonly expiresAt: number;
  generation: number;
  rotatedAt: number;
  /** The refresh key that signs its current generation. */
  kid: string;
  isRevoked: boolean;
}

/** The properties of a refresh token that the rule uses. */
export interface Token {
  readonly sessionId: string;
  readonly generation: number;
  readonly exp: number;
  readonly kid: string;
}

export interface Verdict {
  /** The kind of grant, or the reason for a refusal. */
  readonly what:
    | 'rotation'
    | 'repeat'
    | 'renewal'
    | 'invalid_token'
    | 'revoked_session'
    | 'expired_session'
    | 'reused_token'
    | 'missing_subject'
    | 'disabled_subject'
    | 'stale_subject'
    /** The key that signed the successor was removed by force: it cannot be signed again. */
    | 'unavailable';
  /** The generation of a grant. */
  readonly generation?: number;
}

/** The state of the rule. A copy tries another order of events. */
export class Reference {
  now = 0;
  readonly subjects = new Map<string, Subject>();
  readonly sessions = new Map<string, Session>();
  /** The kid that signs. */
  readonly active = new Map<ContractName, string>();
  /** Keys that were removed although some of their tokens may be active. */
  readonly lostKeys = new Set<string>();
  settings: Readonly<Record<ContractName, Settings>>;

  constructor(settings: Reference['settings']) {
    this.settings = settings;
  }

  copy(): Reference {
    const { now, subjects, sessions, active, lostKeys } = this;
    const copied = structuredClone({ now, subjects, sessions, active, lostKeys });
    return Object.assign(new Reference(this.settings), copied);
  }

  /** The current token of a session. */
  tokenOf({ id, contract, generation, rotatedAt, expiresAt, kid }: Session): Token {
    const exp = Math.min(rotatedAt + this.settings[contract].refreshLifetime, expiresAt);
    return { sessionId: id, generation, exp, kid };
  }

  /** Presents a token to its contract and applies the consequences. */
  present(token: Token): Verdict {
    const session = this.sessions.get(token.sessionId);
    if (session === undefined) throw new Error('a token of no session');
    const now = Math.max(this.now, session.rotatedAt);
    if (this.lostKeys.has(token.kid) || now >= token.exp) return { what: 'invalid_token' };
    if (session.isRevoked) return { what: 'revoked_session' };
    if (now >= session.expiresAt) return { what: 'expired_session' };
    const step = this.#stepOf(session, token, now);
    if (step === 'reused_token') {
      session.isRevoked = true;
      return { what: step };
    }
    const refusal = this.#refusalOfSubject(session);
    if (refusal !== undefined) return { what: refusal };
    if (step === 'rotation') {
      session.generation += 1;
      session.rotatedAt = now;
      session.kid = this.active.get(session.contract) ?? '';
    }
    if (step === 'repeat' && this.lostKeys.has(session.kid)) return { what: 'unavailable' };
    return { what: step, generation: session.generation };
  }

  /** The fifth row of the table. */
  #stepOf(session: Session, token: Token, now: number) {
    const behind = session.generation - token.generation;
    const isInGrace = now - session.rotatedAt < this.settings[session.contract].grace;
    switch (session.policy) {
      case 'static':
        return 'renewal';
      case 'reusable':
        return behind > 0 && isInGrace ? 'repeat' : 'rotation';
      case 'single-use':
        if (behind === 0) return 'rotation';
        return behind === 1 && isInGrace ? 'repeat' : 'reused_token';
    }
  }

  #refusalOfSubject({ subjectId, credentials }: Session) {
    const subject = this.subjects.get(subjectId);
    if (subject === undefined || subject.isDeleted) return 'missing_subject';
    if (subject.isDisabled) return 'disabled_subject';
    return subject.credentials === credentials ? undefined : 'stale_subject';
  }
}
