// The refresh engine of one contract: everything between a presented token and an outcome.
//
// In this order: verify, read, decide, sign, commit, answer. Whoever loses the race for a commit reads and decides
// again, and so finds itself in the repeat row. Refusals are values; only a bug of ours throws.
import { randomUUID } from 'node:crypto';
import { isUnavailable, RefractError } from '../errors.ts';
import { deriveAccess, derivePair, type PresentedToken, type TokenProfile } from './claims.ts';
import type { Grant, IssuedToken, Outcome, RefusalKind } from './outcome.ts';
import type { ContractSettings } from './policy.ts';
import type { Emit, IssueResult, IssueStore, RefreshStore, Signer } from './ports.ts';
import { longestToken, readToken } from './presented.ts';
import { decideRotation, type Decision } from './rotation.ts';
import type { Session, StoredState, Subject } from './session.ts';

/**
 * Every lost race means that another refresh of the session went through. Only without a grace period can one lose
 * more than once; past this many it is better to be asked again.
 */
const mostDecisions = 100;

/** What an engine is made of. */
export interface EngineParts {
  readonly contract: string;
  readonly profile: TokenProfile;
  readonly settings: ContractSettings;
  readonly store: RefreshStore & IssueStore;
  readonly signer: Signer;
  readonly emit: Emit;
  /**
   * Counts a refresh of a session, and says for how many seconds no more of them are wanted; 0 for none. Asked only
   * once the signature has proved the session, so that nobody can throttle another's.
   */
  readonly limit?: (sessionId: string) => Promise<number>;
}

/** The refresh engine of one contract. */
export interface Engine {
  /** Decides about a presented refresh token and carries it out. Resolves for everything but a fault. */
  readonly refresh: (token: string, requestId: string) => Promise<Outcome>;
  /**
   * Begins a session of a subject that has signed in. Its row is written first: only the store knows the time that its
   * tokens are made from. Should signing fail then, nobody holds a token of it.
   * @throws RefractError `unavailable` where the store or the signer cannot answer
   */
  readonly issue: (subjectId: string, label?: string) => Promise<Issued>;
}

/** A new session's first token pair, or why its subject cannot have one. */
export type Issued =
  | { readonly kind: 'issued'; readonly session: Session; readonly grant: Grant }
  | Extract<IssueResult, { kind: 'refused' }>;

/** Makes the engine of one contract. It holds no state of its own. */
export function createEngine(parts: EngineParts): Engine {
  return {
    refresh: async (token, requestId) => {
      try {
        return await refresh(parts, token, requestId);
      } catch (reason) {
        if (!isUnavailable(reason)) throw reason;
        parts.emit({ type: 'unavailable', contract: parts.contract, requestId, cause: reason.message });
        return { kind: 'unavailable' };
      }
    },
    issue: (subjectId, label) => issue(parts, subjectId, label),
  };
}

async function refresh(parts: EngineParts, token: string, requestId: string): Promise<Outcome> {
  const { contract, profile, settings, store, signer, emit } = parts;
  const refuse = (refusal: RefusalKind, sessionId?: string, subjectId?: string): Outcome => {
    emit({ type: 'refused', contract, requestId, refusal, sessionId, subjectId });
    return { kind: 'refused', refusal };
  };

  const read = await readToken({ contract, refreshStrings: profile.refreshStrings, signer, store }, token);
  if (read.kind === 'refused') return refuse(read.refusal);
  const { presented } = read;

  const retryAfter = (await parts.limit?.(presented.sid)) ?? 0;
  if (retryAfter > 0) {
    emit({ type: 'session_throttled', contract, requestId, sessionId: presented.sid });
    return { kind: 'throttled', retryAfter };
  }

  for (let decisions = 0; decisions < mostDecisions; decisions += 1) {
    const stored = await store.read(presented.sid);
    const decision = decideRotation(contract, presented, stored, settings.gracePeriod);
    if (decision.kind === 'refuse') {
      if (decision.revoke && (await store.revoke(presented.sid, 'reused_token'))) {
        emit({ type: 'reused', contract, requestId, sessionId: presented.sid, subjectId: stored.session?.subjectId });
      }
      return refuse(decision.refusal, presented.sid, stored.session?.subjectId);
    }
    const grant = await carryOut(parts, decision, stored, { token, expiresAt: presented.exp });
    if (grant === undefined) continue;
    tellOf(parts, decision, presented, stored, requestId);
    return { kind: 'granted', grant };
  }
  throw new RefractError('unavailable', 'too many refreshes of one session at once');
}

type Granting = Exclude<Decision, { kind: 'refuse' }>;

/** Signs first and commits then, so that a signer that fails has changed nothing. `undefined`: the race was lost. */
async function carryOut(
  parts: EngineParts,
  decision: Granting,
  stored: StoredState,
  presented: IssuedToken,
): Promise<Grant | undefined> {
  const { session, subject } = stored;
  if (session === undefined || subject === undefined)
    throw new Error('a grant was decided without a session and a subject');
  const now = Math.max(stored.now, session.rotatedAt);

  switch (decision.kind) {
    case 'rotate': {
      const { generation, rotatedAt } = decision;
      const next = { ...session, generation, rotatedAt, keyId: parts.signer.activeKeyId(parts.contract) };
      const grant = await sign(parts, next, subject, now);
      return (await parts.store.rotate(session, next)) ? grant : undefined;
    }
    case 'repeat':
      return sign(parts, session, subject, now);
    case 'renew': {
      const access = deriveAccess(parts.profile, parts.settings, session, subject, decision.issuedAt);
      const accessToken = await parts.signer.sign(
        parts.contract,
        'access',
        parts.signer.activeKeyId(parts.contract),
        access.claims,
      );
      return {
        access: { token: accessToken, expiresAt: access.expiresAt },
        refresh: presented,
        answeredAt: now,
      };
    }
  }
}

async function sign(
  { contract, profile, settings, signer }: EngineParts,
  session: Session,
  subject: Subject,
  answeredAt: number,
): Promise<Grant> {
  const pair = derivePair(profile, settings, session, subject);
  const [access, refreshToken] = await Promise.all([
    signer.sign(contract, 'access', session.keyId, pair.access.claims),
    signer.sign(contract, 'refresh', session.keyId, pair.refresh.claims),
  ]);
  // A successor that would be refused for its length must not take the place of its predecessor.
  if (refreshToken.length > longestToken) throw new Error(`a refresh token of ${contract} became too long`);
  return {
    access: { token: access, expiresAt: pair.access.expiresAt },
    refresh: { token: refreshToken, expiresAt: pair.refresh.expiresAt },
    answeredAt,
  };
}

function tellOf(
  { contract, emit }: EngineParts,
  decision: Granting,
  presented: PresentedToken,
  stored: StoredState,
  requestId: string,
): void {
  const sessionId = presented.sid;
  if (decision.kind === 'rotate' && decision.storeBehind) {
    emit({
      type: 'store_behind',
      contract,
      requestId,
      sessionId,
      storedGeneration: stored.session?.generation ?? 0,
      presentedGeneration: presented.gen,
    });
  }
  emit({ type: 'refreshed', contract, requestId, sessionId, by: wayOf[decision.kind] });
}

const wayOf = { rotate: 'rotation', repeat: 'repeat', renew: 'renewal' } as const;

async function issue(parts: EngineParts, subjectId: string, label: string | undefined): Promise<Issued> {
  const { contract, settings, store, signer, emit } = parts;
  const result = await store.issue({
    id: randomUUID(),
    contract,
    policy: settings.policy,
    subjectId,
    keyId: signer.activeKeyId(contract),
    lifetime: settings.sessionLifetime,
    label,
  });
  if (result.kind === 'refused') return result;
  const { session, subject } = result;
  const grant = await sign(parts, session, subject, session.rotatedAt);
  emit({ type: 'issued', contract, sessionId: session.id, subjectId });
  return { kind: 'issued', session, grant };
}
