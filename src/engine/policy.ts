// The rotation policies and the settings of a contract. All durations are whole seconds.
import { RefractError } from '../errors.ts';

/**
 * - `single-use`: a refresh ends the presented token (RFC 9700 §4.14.2).
 * - `reusable`: a refresh returns a new token, and older ones of the session stay valid.
 * - `static`: the refresh token never changes; only the access token is renewed.
 */
export type Policy = 'single-use' | 'reusable' | 'static';

/** The settings of a contract: its defaults, merged with the operator's configuration. */
export interface ContractSettings {
  /** The policy of new sessions. */
  readonly policy: Policy;
  readonly accessLifetime: number;
  readonly refreshLifetime: number;
  /** The absolute lifetime of a session, however often it is refreshed. */
  readonly sessionLifetime: number;
  /** How long a superseded token returns the same successor again; 0 for never. */
  readonly gracePeriod: number;
}

/** The defaults of a contract; the first policy is the default. */
export interface ContractDefaults {
  readonly policies: readonly [Policy, ...Policy[]];
  readonly accessLifetime: number;
  readonly refreshLifetime: number;
  readonly sessionLifetime: number;
}

/** The operator's configuration of a contract. */
export type ContractOverrides = Partial<ContractSettings>;

/**
 * Returns the longest and default grace period in seconds: the minimum of 60 and half the access lifetime, so that a
 * repeated access token is valid for at least half of its lifetime.
 */
export function longestGracePeriod(accessLifetime: number): number {
  const longest = Math.min(60, Math.floor(accessLifetime / 2));
  return longest < 2 ? 0 : longest;
}

/**
 * Merges defaults and overrides.
 * @throws RefractError `policy` that names the contract and the invalid setting
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
  const problem = problemOf(settings, defaults);
  if (problem !== undefined) throw new RefractError('policy', `${contract}: ${problem}`);
  return settings;
}

function problemOf(settings: ContractSettings, defaults: ContractDefaults): string | undefined {
  if (!defaults.policies.includes(settings.policy)) {
    return `the policy ${settings.policy} does not fit this contract; it can serve ${defaults.policies.join(', ')}.`;
  }
  if (settings.gracePeriod === 1)
    return 'a grace period of 1 s is refused: times are whole seconds, so it could last no time; use 0, or 2 and more.';
  const longest = longestGracePeriod(settings.accessLifetime);
  if (settings.gracePeriod > longest) {
    return `a grace period of ${String(settings.gracePeriod)} s is too long; with an access lifetime of ${String(settings.accessLifetime)} s it may be at most ${String(longest)} s.`;
  }
  return undefined;
}
