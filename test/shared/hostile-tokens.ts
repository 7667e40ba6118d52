// Tokens that must not be accepted: one table for the signer's tests and for the proofs against a running server.
import { alteredFrom, randomlyAltered } from './hostile/altered.ts';
import { forgedFor } from './hostile/forged.ts';
import type { HostileToken, Victim } from './hostile/victim.ts';

export { claimedFor as claimedTokens } from './hostile/claimed.ts';
export type { HostileToken, Victim } from './hostile/victim.ts';

export interface Attack {
  readonly victim: Victim;
  /** Every contract of the server. */
  readonly all: readonly Victim[];
  /** The origin of a listener that must never be called. */
  readonly listener: string;
  readonly random: () => number;
  /** How many tokens are altered at random. */
  readonly altered: number;
}

/** Tokens that our keys did not sign as they are. */
export function forgedTokens({ victim, all, listener, random, altered }: Attack): readonly HostileToken[] {
  const { refreshToken, siblings } = victim;
  const genuine = [refreshToken, ...siblings];
  return [
    ...forgedFor(victim, all, listener),
    ...alteredFrom(refreshToken, victim.keys.refresh),
    ...randomlyAltered(genuine, altered, random),
  ]
    .filter(({ token }) => !genuine.includes(token))
    .map((one) => ({ ...one, expected: 'forged' }));
}
