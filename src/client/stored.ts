// The tokens of a session where all tabs find them, with the times that this machine's own clock gives them.
import { isToken, type Tokens } from './contract.ts';

/** `localStorage` is one, React Native's AsyncStorage too, and whatever has these three. */
export interface SessionStorage {
  readonly getItem: (key: string) => string | null | Promise<string | null>;
  readonly setItem: (key: string, value: string) => unknown;
  readonly removeItem: (key: string) => unknown;
}

/** Tokens as whoever signs in is given them. */
export interface GivenTokens extends Tokens {
  /** Seconds for which the access token is still good, where that was said. */
  readonly expiresIn?: number | undefined;
}

/** Times are milliseconds of this machine's clock. */
export interface Stored extends Tokens {
  /** The access token that sign-in gave: it stays the same for as long as the session is refreshed. */
  readonly began: string;
  readonly storedAt: number;
  /** From then on a new access token is fetched beside, */
  readonly refreshAt: number;
  /** and from then on waited for. */
  readonly expiresAt: number;
}

/** Storages that no other session is to be told of. */
export const unshared = new WeakSet<SessionStorage>();

/** Keeps tokens in this program's memory alone, for one session: each has its own. */
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

/** At most so long before it expires an access token is replaced, in milliseconds; a fifth of its life where that is less. */
const ahead = 60_000;

/** Milliseconds that a token is good for which does not say: only a 401 tells. It is the longest that a timer can wait. */
export const unsaid = 2 ** 31 - 1;

/** What is to be stored of tokens that came this moment. @throws TypeError for what are no tokens */
export function storedOf({ accessToken, refreshToken, expiresIn }: GivenTokens, began = accessToken): Stored {
  if (!isToken(accessToken) || !isToken(refreshToken)) throw new TypeError('no tokens');
  const storedAt = Date.now();
  const said = 1_000 * (expiresIn ?? lifetimeOf(accessToken));
  const lifetime = Number.isFinite(said) ? said : unsaid;
  // Not all clients at once.
  const early = Math.min(ahead, lifetime / 5) * (0.75 + Math.random() / 4);
  const expiresAt = storedAt + lifetime;
  return { accessToken, refreshToken, began, storedAt, refreshAt: expiresAt - early, expiresAt };
}

/** Whether it is time for a new access token. It is, too, once the clock was set back: how long is then not known. */
export function isDue({ storedAt, refreshAt }: Stored): boolean {
  const now = Date.now();
  return now >= refreshAt || now < storedAt - ahead;
}

/** `undefined` for anything but what was stored here. */
export function parseStored(text: string | null): Stored | undefined {
  try {
    // Whether it is one is looked at next; of what is no object nothing can be read, which throws.
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

/**
 * Seconds, by the token's own times alone where it has both: then it does not matter what this clock says. NaN where it
 * does not say.
 */
function lifetimeOf(accessToken: string): number {
  const { exp, nbf = Date.now() / 1_000, iat = nbf } = claimsOf(accessToken);
  return (exp || NaN) - iat;
}

type Claims = Readonly<Partial<Record<'exp' | 'nbf' | 'iat', number>>>;

function claimsOf(token: string): Claims {
  try {
    // What is of another type is no number after the subtraction either.
    return (JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) ?? {}) as Claims;
  } catch {
    return {};
  }
}
