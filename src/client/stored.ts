// The tokens of a session as all tabs find them, with times of this machine's clock.
import { isToken, type Tokens } from './contract.ts';

/** `localStorage` is one, React Native's AsyncStorage is another. */
export interface SessionStorage {
  readonly getItem: (key: string) => string | null | Promise<string | null>;
  readonly setItem: (key: string, value: string) => unknown;
  readonly removeItem: (key: string) => unknown;
}

/** Tokens as a sign-in gives them. */
export interface GivenTokens extends Tokens {
  /** Seconds for which the access token is still valid, if known. */
  readonly expiresIn?: number | undefined;
}

/** Times are milliseconds of this machine's clock. */
export interface Stored extends Tokens {
  /** The access token of the sign-in, which identifies the session through all refreshes. */
  readonly began: string;
  readonly storedAt: number;
  /** From then on a new access token is fetched in the background. */
  readonly refreshAt: number;
  /** From then on callers wait for it. */
  readonly expiresAt: number;
}

/** Storages that no other session can see. */
export const unshared = new WeakSet<SessionStorage>();

/** Keeps the tokens of one session in memory. */
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

/** Milliseconds before its expiry that an access token is replaced; a fifth of its lifetime where that is less. */
const ahead = 60_000;

/** The lifetime in milliseconds of a token that does not say, which only a 401 ends: the longest that a timer can wait. */
export const unsaid = 2 ** 31 - 1;

/** Tokens that came this moment, as they are stored. @throws TypeError for what are no tokens */
export function storedOf({ accessToken, refreshToken, expiresIn }: GivenTokens, began = accessToken): Stored {
  if (!isToken(accessToken) || !isToken(refreshToken)) throw new TypeError('no tokens');
  const storedAt = Date.now();
  const said = 1_000 * (expiresIn ?? lifetimeOf(accessToken));
  const lifetime = Number.isFinite(said) ? said : unsaid;
  // So that not all clients refresh at once.
  const early = Math.min(ahead, lifetime / 5) * (0.75 + Math.random() / 4);
  const expiresAt = storedAt + lifetime;
  return { accessToken, refreshToken, began, storedAt, refreshAt: expiresAt - early, expiresAt };
}

/** Whether it is time for a new access token, as it is after the clock was set back: the time left is then unknown. */
export function isDue({ storedAt, refreshAt }: Stored): boolean {
  const now = Date.now();
  return now >= refreshAt || now < storedAt - ahead;
}

/** `undefined` for any text that no session stored. */
export function parseStored(text: string | null): Stored | undefined {
  try {
    // The next lines check it; reading a member of null throws.
    const stored = JSON.parse(text ?? '') as Stored;
    const isWhole =
      isToken(stored.accessToken) &&
      isToken(stored.refreshToken) &&
      [stored.storedAt, stored.refreshAt, stored.expiresAt].every(Number.isFinite);
    return isWhole ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds, by the token's own times where it has both, so that a wrong clock does not matter. NaN where it does not say. */
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
