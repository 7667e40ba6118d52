// The refresh rule: one pure synchronous function from what was presented and what is stored to what must be done.
//
// Every refresh token carries its session and generation, and its signature proved that we wrote them; whether it is
// the current one, its predecessor or an older one is therefore arithmetic. First match wins, in the order below;
// revocation is looked at before the grace period, so it always beats it.
import { refreshTokenId, type PresentedToken } from './claims.ts';
import type { RefusalKind } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { Session, StoredState, Subject } from './session.ts';

/** What is to be done about a presented refresh token. */
export type Decision =
  /** Move the session on to `generation`. `storeBehind`: the token proves a generation that the store has lost. */
  | { readonly kind: 'rotate'; readonly generation: number; readonly rotatedAt: number; readonly storeBehind: boolean }
  /** Answer the current generation again: the same successor, nothing written. */
  | { readonly kind: 'repeat' }
  /** Static policy: a new access token, nothing moves. */
  | { readonly kind: 'renew'; readonly issuedAt: number }
  /** Refuse; with `revoke`, end the session as well. */
  | { readonly kind: 'refuse'; readonly refusal: RefusalKind; readonly revoke: boolean };

/**
 * Decides about a token whose form, algorithm, key and signature were found good.
 * @param contract the contract the token was presented to
 * @param presented the claims that decide
 * @param stored session and subject with the store's clock, read in one go
 * @param gracePeriod seconds during which a superseded token is repeated (the comparison is strict)
 */
export function decideRotation(
  contract: string,
  presented: PresentedToken,
  stored: StoredState,
  gracePeriod: number,
): Decision {
  const { session, subject } = stored;
  // A clock that was set back must not make a generation younger than it is.
  const now = Math.max(stored.now, session?.rotatedAt ?? 0);

  if (!isInForce(presented, now)) return refuse('invalid_token');
  if (session === undefined) return refuse('unknown_session');
  if (session.contract !== contract) return refuse('invalid_token');
  if (session.revokedAt !== undefined) return refuse('revoked_session');
  if (now >= session.expiresAt) return refuse('expired_session');

  const decision = decideByPolicy[session.policy]({ presented, session, now, gracePeriod });
  if (decision.kind === 'refuse') return decision;
  const refusal = refusalOfSubject(session, subject);
  return refusal === undefined ? decision : refuse(refusal);
}

/** `exp` and `nbf` as RFC 7519 §4.1.4 and §4.1.5 have them: refused on or after the one and before the other. */
export function isInForce({ exp, nbf }: Pick<PresentedToken, 'exp' | 'nbf'>, now: number): boolean {
  return now < exp && (nbf === undefined || nbf <= now);
}

interface Position {
  readonly presented: PresentedToken;
  readonly session: Session;
  readonly now: number;
  readonly gracePeriod: number;
}

const decideByPolicy: Record<Policy, (position: Position) => Decision> = {
  'single-use': (position) => {
    switch (standingOf(position)) {
      case 'current':
        return rotate(position);
      case 'predecessor':
        return isWithinGrace(position) ? { kind: 'repeat' } : endForReuse;
      case 'older':
        return endForReuse;
      case 'ahead':
        return goOnFrom(position);
    }
  },
  reusable: (position) => {
    switch (standingOf(position)) {
      case 'current':
        return rotate(position);
      case 'predecessor':
      case 'older':
        return isWithinGrace(position) ? { kind: 'repeat' } : rotate(position);
      case 'ahead':
        return goOnFrom(position);
    }
  },
  // No other generation was ever signed for a static session: a token that claims one is not one we can process.
  static: (position) =>
    standingOf(position) === 'current' ? { kind: 'renew', issuedAt: position.now } : refuse('unprocessable_token'),
};

/** Where the presented generation stands to the stored one. `ahead`: the store has lost commits. */
function standingOf({ presented, session }: Position): 'current' | 'predecessor' | 'older' | 'ahead' {
  if (presented.gen > session.generation) return 'ahead';
  if (presented.gen === session.generation) return presented.jti === refreshTokenId(session) ? 'current' : 'ahead';
  return presented.gen === session.generation - 1 ? 'predecessor' : 'older';
}

function isWithinGrace({ session, now, gracePeriod }: Position): boolean {
  return now - session.rotatedAt < gracePeriod;
}

function rotate({ session, now }: Position): Decision {
  return { kind: 'rotate', generation: session.generation + 1, rotatedAt: now, storeBehind: false };
}

/**
 * The store is behind the token (a restored backup, a failover that lost commits). Its signature says that we did
 * issue it, so its holder is not punished for our loss, if its time of issue can be one that the store has lost.
 */
function goOnFrom({ presented, session, now }: Position): Decision {
  const canBeLost = session.rotatedAt < presented.iat && presented.iat <= now;
  if (!canBeLost) return refuse('invalid_token');
  return { kind: 'rotate', generation: presented.gen + 1, rotatedAt: now, storeBehind: true };
}

/** Why nothing is granted to the subject of a session, whatever its token. */
export function refusalOfSubject(session: Session, subject: Subject | undefined): RefusalKind | undefined {
  if (subject === undefined || subject.deletedAt !== undefined) return 'missing_subject';
  if (subject.disabledAt !== undefined) return 'disabled_subject';
  if (subject.credentialVersion !== session.credentialVersion) return 'stale_subject';
  return undefined;
}

const endForReuse: Decision = { kind: 'refuse', refusal: 'reused_token', revoke: true };

function refuse(refusal: RefusalKind): Decision {
  return { kind: 'refuse', refusal, revoke: false };
}
