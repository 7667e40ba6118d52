// Sessions as the table of the design has them: what each presented token must be answered, said a second time and
// without the engine. It knows no storage, no signature and no race; whoever holds it against a server does.
import type { ContractName } from '../../../test/shared/refreshing.ts';

export type Policy = 'single-use' | 'reusable' | 'static';

/** What an operator may set, as far as it decides anything here; seconds. */
export interface Settings {
  readonly policy: Policy;
  readonly grace: number;
  readonly refreshLifetime: number;
  readonly sessionLifetime: number;
}

export interface Subject {
  /** Changes with its credentials, and when it comes back after it was deleted. */
  credentials: number;
  role: string;
  isDisabled: boolean;
  isDeleted: boolean;
}

export interface Session {
  readonly id: string;
  readonly contract: ContractName;
  readonly policy: Policy;
  readonly subjectId: string;
  readonly credentials: number;
  readonly expiresAt: number;
  generation: number;
  rotatedAt: number;
  /** The refresh key that its current generation is signed with. */
  kid: string;
  isRevoked: boolean;
}

/** A refresh token that the server gave, as far as it decides. */
export interface Token {
  readonly sessionId: string;
  readonly generation: number;
  readonly exp: number;
  readonly kid: string;
}

export type Refusal =
  | 'invalid_token'
  | 'revoked_session'
  | 'expired_session'
  | 'reused_token'
  | 'missing_subject'
  | 'disabled_subject'
  | 'stale_subject';

export type Verdict =
  | { readonly kind: 'granted'; readonly by: 'rotation' | 'repeat' | 'renewal'; readonly generation: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The successor was signed by a key that an operator has taken away by force: it cannot be given again. */
  | { readonly kind: 'unavailable' };

/** Everything that decides. It can be copied, so that what may have happened in any order is tried in each. */
export class Reference {
  now = 0;
  readonly subjects = new Map<string, Subject>();
  readonly sessions = new Map<string, Session>();
  settings: Readonly<Record<ContractName, Settings>>;
  /** The kid that signs. */
  readonly active = new Map<ContractName, string>();
  /** Keys that were taken away although tokens of theirs might live. */
  readonly lostKeys = new Set<string>();

  constructor(settings: Reference['settings']) {
    this.settings = settings;
  }

  copy(): Reference {
    const copied = new Reference(this.settings);
    copied.now = this.now;
    for (const [id, subject] of this.subjects) copied.subjects.set(id, { ...subject });
    for (const [id, session] of this.sessions) copied.sessions.set(id, { ...session });
    for (const [contract, kid] of this.active) copied.active.set(contract, kid);
    for (const kid of this.lostKeys) copied.lostKeys.add(kid);
    return copied;
  }

  /** What the next token of a session is. */
  tokenOf({ id, contract, generation, rotatedAt, expiresAt, kid }: Session): Token {
    const exp = Math.min(rotatedAt + this.settings[contract].refreshLifetime, expiresAt);
    return { sessionId: id, generation, exp, kid };
  }

  /** Presents a token to the contract that gave it, and does what follows from that. */
  present(token: Token): Verdict {
    const session = this.sessions.get(token.sessionId);
    if (session === undefined) throw new Error('a token of no session');
    const now = Math.max(this.now, session.rotatedAt);
    if (this.lostKeys.has(token.kid) || now >= token.exp) return refused('invalid_token');
    if (session.isRevoked) return refused('revoked_session');
    if (now >= session.expiresAt) return refused('expired_session');
    const step = this.#stepOf(session, token, now);
    if (step === 'reuse') {
      session.isRevoked = true;
      return refused('reused_token');
    }
    const refusal = this.#refusalOfSubject(session);
    if (refusal !== undefined) return refused(refusal);
    if (step === 'rotation') {
      session.generation += 1;
      session.rotatedAt = now;
      session.kid = this.active.get(session.contract) ?? '';
    }
    if (step === 'repeat' && this.lostKeys.has(session.kid)) return { kind: 'unavailable' };
    return { kind: 'granted', by: step, generation: session.generation };
  }

  /** The fifth row of the table. */
  #stepOf(session: Session, token: Token, now: number): 'rotation' | 'repeat' | 'renewal' | 'reuse' {
    const behind = session.generation - token.generation;
    const isInGrace = now - session.rotatedAt < this.settings[session.contract].grace;
    switch (session.policy) {
      case 'static':
        return 'renewal';
      case 'reusable':
        return behind > 0 && isInGrace ? 'repeat' : 'rotation';
      case 'single-use':
        if (behind === 0) return 'rotation';
        return behind === 1 && isInGrace ? 'repeat' : 'reuse';
    }
  }

  #refusalOfSubject({ subjectId, credentials }: Session): Refusal | undefined {
    const subject = this.subjects.get(subjectId);
    if (subject === undefined || subject.isDeleted) return 'missing_subject';
    if (subject.isDisabled) return 'disabled_subject';
    return subject.credentials === credentials ? undefined : 'stale_subject';
  }
}

function refused(refusal: Refusal): Verdict {
  return { kind: 'refused', refusal };
}
