// Introspection: whether a token is active (RFC 7662 §2.2), with its claims if it is.
import type { RefreshStore, Signer, TokenUse } from '../engine/ports.ts';
import { readToken, type Claims } from '../engine/claims.ts';
import { decideRotation, isInForce, refusalOfSubject } from '../engine/rotation.ts';
import type { StoredState } from '../engine/session.ts';

export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly use: TokenUse;
      readonly contract: string;
      readonly sub?: string;
      readonly sid: string;
      readonly exp?: number;
      readonly iat?: number;
      readonly jti?: string;
    };

export interface IntrospectionParts {
  readonly signer: Signer;
  readonly store: Pick<RefreshStore, 'read' | 'readImported'>;
  readonly contracts: readonly {
    readonly name: string;
    /** Claims of its refresh tokens that must be strings. */
    readonly refreshStrings: readonly string[];
    readonly gracePeriod: number;
  }[];
}

/**
 * - A refresh token is active if a refresh with it would be granted now.
 * - An access token is active if it has not expired and its session is active.
 */
export async function introspect(
  { signer, store, contracts }: IntrospectionParts,
  token: string,
): Promise<Introspection> {
  for (const { name: contract, refreshStrings, gracePeriod } of contracts) {
    const read = await readToken({ contract, refreshStrings, signer, store }, token);
    if (read.kind === 'read') {
      const { presented, claims } = read;
      const decision = decideRotation(contract, presented, await store.read(presented.sid), gracePeriod);
      return decision.kind === 'refuse' ? { active: false } : describeToken('refresh', contract, presented.sid, claims);
    }
    const claims = await signer.verify(contract, 'access', token);
    if (claims === undefined) continue;
    const { sid } = claims;
    const isActive = typeof sid === 'string' && isActiveAccess(claims, contract, await store.read(sid));
    return isActive ? describeToken('access', contract, sid, claims) : { active: false };
  }
  return { active: false };
}

function isActiveAccess({ exp, nbf }: Claims, contract: string, { now, session, subject }: StoredState): boolean {
  return (
    typeof exp === 'number' &&
    isInForce({ exp, nbf: typeof nbf === 'number' ? nbf : undefined }, now) &&
    session?.contract === contract &&
    session.revokedAt === undefined &&
    now < session.expiresAt &&
    refusalOfSubject(session, subject) === undefined
  );
}

function describeToken(use: TokenUse, contract: string, sid: string, { sub, exp, iat, jti }: Claims): Introspection {
  return {
    ...{ active: true, use, contract, sid },
    ...(typeof sub === 'string' && { sub }),
    ...(typeof exp === 'number' && { exp }),
    ...(typeof iat === 'number' && { iat }),
    ...(typeof jti === 'string' && { jti }),
  };
}
