// The three rotation policies and the settings a contract runs under. All durations are whole seconds.
import { RefractError } from '../errors.ts';

/**
 * - `single-use`: every refresh ends the token it was made with (RFC 9700 §4.14.2).
 * - `reusable`: a refresh gives a new token, and older ones of the session go on working.
 * - `static`: the refresh token never changes; only the access token is renewed.
 */
export type Policy = 'single-use' | 'reusable' | 'static';

/** What one contract runs under once its defaults and the operator's configuration are merged. */
export interface ContractSettings {
  /** The policy of sessions issued from now on. */
  readonly policy: Policy;
  readonly accessLifetime: number;
  readonly refreshLifetime: number;
  /** The absolute lifetime: a session ends this long after it was issued, however often it is refreshed. */
  readonly sessionLifetime: number;
  /** How long a superseded token still gets the same successor again. `0` is strict. */
  readonly gracePeriod: number;
}

/** What a contract's adapter declares; the policies it can serve, its default first. */
export interface ContractDefaults {
  readonly policies: readonly [Policy, ...Policy[]];
  readonly accessLifetime: number;
  readonly refreshLifetime: number;
  readonly sessionLifetime: number;
}

/** What an operator configured; whatever is missing is the contract's default. */
export type ContractOverrides = Partial<ContractSettings>;

/**
 * The longest grace period there may be, in seconds: the smaller of 60 and half the access lifetime, so that a
 * repeated access token still has half its life before it. It is the default too.
 */
export function longestGracePeriod(accessLifetime: number): number {
  const longest = Math.min(60, Math.floor(accessLifetime / 2));
  return longest < 2 ? 0 : longest;
}

/**
 * Merges defaults and overrides.
 * @throws RefractError `policy` with one sentence that names the contract and the setting that does not fit.
 */
export function resolveSettings(
  contract: string,
  defaults: ContractDefaults,
  overrides: ContractOverrides,
): ContractSettings {
  const accessLifetime = overrides.accessLifetime ?? defaults.accessLifetime;
  const settings: ContractSettings = {
    policy: overrides.policy ?? defaults.policies[0],
    accessLifetime,
    refreshLifetime: overrides.refreshLifetime ?? defaults.refreshLifetime,
    sessionLifetime: overrides.sessionLifetime ?? defaults.sessionLifetime,
    gracePeriod: overrides.gracePeriod ?? longestGracePeriod(accessLifetime),
  };
  const misfit = misfitOf(settings, defaults);
  if (misfit !== undefined) throw new RefractError('policy', `${contract}: ${misfit}`);
  return settings;
}

function misfitOf(settings: ContractSettings, defaults: ContractDefaults): string | undefined {
  if (!defaults.policies.includes(settings.policy)) {
    return `the policy ${settings.policy} does not fit this contract; it can serve ${defaults.policies.join(', ')}.`;
  }
  if (settings.gracePeriod === 1)
    return 'a grace period of 1 s is refused: seconds are whole, so it may last no time at all.';
  const longest = longestGracePeriod(settings.accessLifetime);
  if (settings.gracePeriod > longest) {
    return `a grace period of ${String(settings.gracePeriod)} s is too long; with an access lifetime of ${String(settings.accessLifetime)} s it may be at most ${String(longest)} s.`;
  }
  return undefined;
}
