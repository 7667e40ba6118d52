// The settings that each contract has under its own name, next to those of the server as a whole.
import { choice, integer, orDefault, pattern, type Setting } from './setting.ts';

const policies = ['single-use', 'reusable', 'static'] as const;

/** The settings that each contract has; `XERIAL` stands for the contract's name. What is left out is the contract's default. */
export const contractSettings = {
  policy: (contract: string) =>
    orDefault(choice(variable(contract, 'POLICY'), 'single-use', policies, 'Policy of sessions issued from now on.')),
  accessLifetime: (contract: string) => lifetime(contract, 'ACCESS_LIFETIME', 'Seconds an access token lives.'),
  refreshLifetime: (contract: string) => lifetime(contract, 'REFRESH_LIFETIME', 'Seconds a refresh token lives.'),
  sessionLifetime: (contract: string) =>
    lifetime(contract, 'SESSION_LIFETIME', 'Seconds after which a session ends, however often it is refreshed.'),
  gracePeriod: (contract: string) =>
    orDefault(
      integer(
        variable(contract, 'GRACE_PERIOD'),
        60,
        0,
        60,
        'Seconds in which a superseded token still gets the same successor again; 0 is strict, 1 is refused.',
      ),
    ),
  corsOrigins: (contract: string) =>
    orDefault({
      ...pattern(
        variable(contract, 'CORS_ORIGINS'),
        'none',
        /^(\*|https?:\/\/[^\s,/]+(,https?:\/\/[^\s,/]+)*)$/,
        '* or origins such as https://app.example separated by commas',
        'Origins whose pages may call the contract from a browser, separated by commas; * for any.',
      ),
    }),
} as const;

function variable(contract: string, suffix: string): string {
  return `REFRACT_${contract.toUpperCase().replaceAll('-', '_')}_${suffix}`;
}

function lifetime(contract: string, suffix: string, sentence: string): Setting<number | undefined> {
  // Ten years: past that a lifetime is more likely a slip than a wish.
  return orDefault(integer(variable(contract, suffix), 0, 1, 315_360_000, sentence));
}
