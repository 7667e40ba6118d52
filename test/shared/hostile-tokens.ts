// Tokens that must be refused: one table for the signer's tests and for the proof on a running server.
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
  /** The number of tokens with random changes. */
  readonly altered: number;
}

/** Tokens that our keys did not sign in this form. */
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
