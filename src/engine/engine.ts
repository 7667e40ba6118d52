// The refresh engine of one contract, from a presented token to an outcome: verify, read, decide, sign, commit, respond. A
// refresh that loses the race for a commit reads and decides again, and then repeats. Refusals are values; only a bug throws.
import { randomUUID } from 'node:crypto';
import { isUnavailable, RefractError } from '../errors.ts';
import {
  deriveAccess,
  derivePair,
  maxTokenLength,
  readToken,
  type PresentedClaims,
  type TokenProfile,
} from './claims.ts';
import type { Grant, IssuedToken, Outcome, RefusalKind } from './outcome.ts';
import type { ContractSettings } from './policy.ts';
import type { Emit, IssueResult, IssueStore, RefreshStore, Signer } from './ports.ts';
import { decideRotation, type Decision } from './rotation.ts';
import type { Session, StoredState, Subject } from './session.ts';

/**
 * A lost race means that another refresh of the session succeeded. Only without a grace period can a refresh lose more than
 * once; after this many attempts the client should retry.
 */
const maxDecisions = 100;

export interface EngineParts {
  readonly contract: string;
  readonly profile: TokenProfile;
  readonly settings: ContractSettings;
  readonly store: RefreshStore & IssueStore;
  readonly signer: Signer;
  readonly emit: Emit;
  /**
   * Counts a refresh of a session. @returns seconds until the next one is accepted; 0 if it is accepted now. Called after
   * the signature is verified, so that no client can throttle the session of another.
   */
  readonly limit?: (sessionId: string) => Promise<number>;
}

export interface Engine {
  /** Refreshes with a presented token. Rejects only for a fault. */
  readonly refresh: (token: string, requestId: string) => Promise<Outcome>;
  /**
   * Issues a session of a subject that has signed in. The row is written before the tokens are signed, because they are
   * derived from the store's time. If signing fails, no client has a token of the session.
   * @throws RefractError `unavailable` if the store or the signer is unavailable
   */
  readonly issue: (subjectId: string, label?: string) => Promise<Issued>;
}

/** A new session with its first token pair, or why the subject cannot have one. */
export type Issued =
  | { readonly kind: 'issued'; readonly session: Session; readonly grant: Grant }
  | Extract<IssueResult, { kind: 'refused' }>;

/** Creates the engine of one contract, which has no state. */
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

  const reading = await readToken({ contract, refreshStrings: profile.refreshStrings, signer, store }, token);
  if (reading.kind === 'refused') return refuse(reading.refusal);
  const { presented } = reading;

  const retryAfter = (await parts.limit?.(presented.sid)) ?? 0;
  if (retryAfter > 0) {
    emit({ type: 'session_throttled', contract, requestId, sessionId: presented.sid });
    return { kind: 'throttled', retryAfter };
  }

  for (let decisions = 0; decisions < maxDecisions; decisions += 1) {
    const stored = await store.read(presented.sid);
    const decision = decideRotation(contract, presented, stored, settings.gracePeriod);
    if (decision.kind === 'refuse') {
      if (decision.revoke && (await store.revoke(presented.sid, 'reused_token'))) {
        emit({ type: 'reused', contract, requestId, sessionId: presented.sid, subjectId: stored.session?.subjectId });
      }
      return refuse(decision.refusal, presented.sid, stored.session?.subjectId);
    }
    const grant = await grantTokens(parts, decision, stored, { token, expiresAt: presented.exp });
    if (grant === undefined) continue;
    emitRefreshed(parts, decision, presented, stored, requestId);
    return { kind: 'granted', grant };
  }
  throw new RefractError('unavailable', 'too many refreshes of one session at once');
}

type GrantDecision = Exclude<Decision, { kind: 'refuse' }>;

/** Signs before it commits, so that a failed signature changes nothing. @returns undefined if the race was lost */
async function grantTokens(
  parts: EngineParts,
  decision: GrantDecision,
  stored: StoredState,
  presentedToken: IssuedToken,
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
        refresh: presentedToken,
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
  // A successor that would be refused for its length must not replace its predecessor.
  if (refreshToken.length > maxTokenLength) throw new Error(`a refresh token of ${contract} is too long`);
  return {
    access: { token: access, expiresAt: pair.access.expiresAt },
    refresh: { token: refreshToken, expiresAt: pair.refresh.expiresAt },
    answeredAt,
  };
}

function emitRefreshed(
  { contract, emit }: EngineParts,
  decision: GrantDecision,
  presented: PresentedClaims,
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
  emit({ type: 'refreshed', contract, requestId, sessionId, by: grantKinds[decision.kind] });
}

const grantKinds = { rotate: 'rotation', repeat: 'repeat', renew: 'renewal' } as const;

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
