// The settings of a contract: its defaults, the operator's settings, and combinations that are refused.
import { describe, expect, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import {
  longestGracePeriod,
  resolveSettings,
  type ContractDefaults,
  type ContractOverrides,
} from '../../src/engine/policy.ts';

const defaults: ContractDefaults = {
  policies: ['single-use', 'reusable'],
  accessLifetime: 300,
  refreshLifetime: 86_400,
  sessionLifetime: 604_800,
};
const resolve = (overrides: ContractOverrides) => resolveSettings('fib', defaults, overrides);

describe('the longest grace period is the smaller of 60 s and half the access lifetime', () => {
  test.each([
    [1, 0],
    [2, 0],
    // Half of it is one second, and a grace period of one second is refused.
    [3, 0],
    [4, 2],
    [5, 2],
    [6, 3],
    [119, 59],
    [120, 60],
    [121, 60],
    [300, 60],
    [315_360_000, 60],
  ])('an access lifetime of %i s allows a grace period of at most %i s', (accessLifetime, longest) => {
    expect(longestGracePeriod(accessLifetime)).toBe(longest);
    expect(resolve({ accessLifetime }).gracePeriod).toBe(longest);
    expect(resolve({ accessLifetime, gracePeriod: longest }).gracePeriod).toBe(longest);
    expect(() => resolve({ accessLifetime, gracePeriod: longest + 1 })).toThrow(
      expect.objectContaining({ code: 'policy' }),
    );
  });
});

describe('a contract', () => {
  test('a contract has its own defaults and the first policy it can serve', () => {
    const { policies, ...lifetimes } = defaults;
    expect(resolve({})).toEqual({ policy: policies[0], ...lifetimes, gracePeriod: 60 });
  });

  test.each<[string, ContractOverrides]>([
    ['policy', { policy: 'reusable' }],
    ['accessLifetime', { accessLifetime: 200 }],
    ['refreshLifetime', { refreshLifetime: 1 }],
    ['sessionLifetime', { sessionLifetime: 2 }],
    ['gracePeriod', { gracePeriod: 30 }],
    ['gracePeriod, strict', { gracePeriod: 0 }],
  ])('an operator sets %s of a contract, and the other settings keep their defaults', (_name, overrides) => {
    expect(resolve(overrides)).toEqual({ ...resolve({}), ...overrides });
  });
});

describe('a setting that does not fit is refused in one sentence', () => {
  test.each<[ContractOverrides, string]>([
    [{ policy: 'static' }, 'fib: the policy static does not fit this contract; it can serve single-use, reusable.'],
    [
      { gracePeriod: 1 },
      'fib: a grace period of 1 s is refused: times are whole seconds, so it could last no time; use 0, or 2 and more.',
    ],
    [
      { gracePeriod: 61 },
      'fib: a grace period of 61 s is too long; with an access lifetime of 300 s it may be at most 60 s.',
    ],
    [
      { gracePeriod: 3, accessLifetime: 5 },
      'fib: a grace period of 3 s is too long; with an access lifetime of 5 s it may be at most 2 s.',
    ],
  ])('the settings %j are refused in one sentence', (overrides, sentence) => {
    expect(() => resolve(overrides)).toThrow(new RefractError('policy', sentence));
  });
});
