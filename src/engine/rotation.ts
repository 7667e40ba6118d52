// The refresh rule: a pure synchronous function from the presented claims and the stored session to a decision.
//
// A refresh token has its session and generation in signed claims, so whether it is the current one, its predecessor or an
// older one is arithmetic. The first match wins, in the order below. Revocation comes before the grace period.
import { refreshTokenId, type PresentedClaims } from './claims.ts';
import type { RefusalKind } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { Session, StoredState, Subject } from './session.ts';

/** The decision about a presented refresh token. */
export type Decision =
  /** Write and return `generation`. `storeBehind`: the token has a generation that the store has lost. */
  | { readonly kind: 'rotate'; readonly generation: number; readonly rotatedAt: number; readonly storeBehind: boolean }
  /** Return the current generation again, without a write. */
  | { readonly kind: 'repeat' }
  /** Static policy: return a new access token, without a write. */
  | { readonly kind: 'renew'; readonly issuedAt: number }
  /** Refuse; with `revoke`, also revoke the session. */
  | { readonly kind: 'refuse'; readonly refusal: RefusalKind; readonly revoke: boolean };

/**
 * Decides about a refresh token whose form, algorithm, key and signature are valid.
 * @param contract that the token was presented to
 * @param gracePeriod seconds during which a superseded token is repeated (the comparison is strict)
 */
export function decideRotation(
  contract: string,
  presented: PresentedClaims,
  stored: StoredState,
  gracePeriod: number,
): Decision {
  const { session, subject } = stored;
  // A clock that was set back must not extend the grace period of a generation.
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

/** Checks `exp` and `nbf` (RFC 7519 §4.1.4 and §4.1.5). */
export function isInForce({ exp, nbf }: Pick<PresentedClaims, 'exp' | 'nbf'>, now: number): boolean {
  return now < exp && (nbf === undefined || nbf <= now);
}

interface RuleInput {
  readonly presented: PresentedClaims;
  readonly session: Session;
  readonly now: number;
  readonly gracePeriod: number;
}

const decideByPolicy: Record<Policy, (input: RuleInput) => Decision> = {
  'single-use': (input) => {
    switch (comparePresented(input)) {
      case 'current':
        return rotate(input);
      case 'predecessor':
        return isWithinGrace(input) ? { kind: 'repeat' } : endForReuse;
      case 'older':
        return endForReuse;
      case 'ahead':
        return continueFrom(input);
    }
  },
  reusable: (input) => {
    switch (comparePresented(input)) {
      case 'current':
        return rotate(input);
      case 'predecessor':
      case 'older':
        return isWithinGrace(input) ? { kind: 'repeat' } : rotate(input);
      case 'ahead':
        return continueFrom(input);
    }
  },
  // A static session has only generation 0.
  static: (input) =>
    comparePresented(input) === 'current' ? { kind: 'renew', issuedAt: input.now } : refuse('unprocessable_token'),
};

/** Compares the presented generation with the stored one. `ahead`: the store has lost commits. */
function comparePresented({ presented, session }: RuleInput): 'current' | 'predecessor' | 'older' | 'ahead' {
  if (presented.gen > session.generation) return 'ahead';
  if (presented.gen === session.generation) return presented.jti === refreshTokenId(session) ? 'current' : 'ahead';
  return presented.gen === session.generation - 1 ? 'predecessor' : 'older';
}

function isWithinGrace({ session, now, gracePeriod }: RuleInput): boolean {
  return now - session.rotatedAt < gracePeriod;
}

function rotate({ session, now }: RuleInput): Decision {
  return { kind: 'rotate', generation: session.generation + 1, rotatedAt: now, storeBehind: false };
}

/**
 * The store is behind the token, after a restored backup or a failover that lost commits. The signature proves that the
 * token was issued here, so it is accepted if its time of issue is later than the stored generation.
 */
function continueFrom({ presented, session, now }: RuleInput): Decision {
  const canBeLost = session.rotatedAt < presented.iat && presented.iat <= now;
  if (!canBeLost) return refuse('invalid_token');
  return { kind: 'rotate', generation: presented.gen + 1, rotatedAt: now, storeBehind: true };
}

/** Returns why the subject of a session gets no tokens, if so. */
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
