// The tokens of a session as all tabs find them, with times of this machine's clock.
import { isToken, type Tokens } from './contract.ts';

/** `localStorage` is one, React Native's AsyncStorage is another. */
export interface SessionStorage {
  readonly getItem: (key: string) => string | null | Promise<string | null>;
  readonly setItem: (key: string, value: string) => unknown;
  readonly removeItem: (key: string) => unknown;
}

/** The tokens of a sign-in. */
export interface GivenTokens extends Tokens {
  /** Seconds until the access token expires, if known. */
  readonly expiresIn?: number | undefined;
}

/** Times are milliseconds of this machine's clock. */
export interface StoredTokens extends Tokens {
  /** The access token of the sign-in, which identifies the session through all refreshes. */
  readonly began: string;
  readonly storedAt: number;
  /** From then on the tokens are refreshed in the background. */
  readonly refreshAt: number;
  /** From then on callers wait for the refresh. */
  readonly expiresAt: number;
}

/** Storages that only one session uses. */
export const unshared = new WeakSet<SessionStorage>();

/** Creates a storage in memory for the tokens of one session. */
export function memoryStorage(): SessionStorage {
  const items = new Map<string, string>();
  const storage: SessionStorage = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
  unshared.add(storage);
  return storage;
}

/** Milliseconds before its expiry that an access token is refreshed; a fifth of its lifetime if that is less. */
const ahead = 60_000;

/** The longest time of a timer in milliseconds: the lifetime of a token without one, which ends with a 401. */
export const longestTimer = 2 ** 31 - 1;

/** Adds times to tokens that were just received. @throws TypeError for invalid tokens */
export function toStored({ accessToken, refreshToken, expiresIn }: GivenTokens, began = accessToken): StoredTokens {
  if (!isToken(accessToken) || !isToken(refreshToken))
    throw new TypeError('tokens.accessToken and tokens.refreshToken must be compact JWS strings');
  const storedAt = Date.now();
  const stated = 1_000 * (expiresIn ?? lifetimeOf(accessToken));
  const lifetime = Number.isFinite(stated) ? stated : longestTimer;
  // At random, so that not all clients refresh at once.
  const early = Math.min(ahead, lifetime / 5) * (0.75 + Math.random() / 4);
  const expiresAt = storedAt + lifetime;
  return { accessToken, refreshToken, began, storedAt, refreshAt: expiresAt - early, expiresAt };
}

/** Whether tokens should be refreshed; also after the clock was set back, which makes the time left unknown. */
export function isDue({ storedAt, refreshAt }: StoredTokens): boolean {
  const now = Date.now();
  return now >= refreshAt || now < storedAt - ahead;
}

/** Parses stored tokens; `undefined` for any other text. */
export function parseStored(text: string | null): StoredTokens | undefined {
  try {
    // The next lines check it; reading a member of null throws.
    const stored = JSON.parse(text ?? '') as StoredTokens;
    const isValid =
      isToken(stored.accessToken) &&
      isToken(stored.refreshToken) &&
      [stored.storedAt, stored.refreshAt, stored.expiresAt].every(Number.isFinite);
    return isValid ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds between the token's own times, so that a wrong clock does not matter; NaN without them. */
function lifetimeOf(accessToken: string): number {
  try {
    const payload = atob((accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'));
    // A claim of another type gives NaN in the subtraction.
    const claims = JSON.parse(payload) as Readonly<Partial<Record<'exp' | 'nbf' | 'iat', number>>> | null;
    const { exp, nbf = Date.now() / 1_000, iat = nbf } = claims ?? {};
    return (exp || NaN) - iat;
  } catch {
    return NaN;
  }
}
