// The tokens of a session where all tabs find them, with the times that this machine's own clock gives them.
import { isToken, member, type Tokens } from './contract.ts';

/** `localStorage` is one, React Native's AsyncStorage too, and whatever has these three. */
export interface SessionStorage {
  readonly getItem: (key: string) => string | null | Promise<string | null>;
  readonly setItem: (key: string, value: string) => unknown;
  readonly removeItem: (key: string) => unknown;
}

/** Tokens as whoever signs in is given them. */
export interface GivenTokens extends Tokens {
  /** Seconds for which the access token is still good, where that was said. */
  readonly expiresIn?: number;
}

export interface Stored extends Tokens {
  /** Milliseconds of this machine's clock: from then on a new access token is fetched beside, */
  readonly refreshAt: number;
  /** and from then on waited for. */
  readonly expiresAt: number;
}

/** Keeps tokens in this program's memory alone. */
export function memoryStorage(): SessionStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}

/** At most so long before it expires an access token is replaced, in milliseconds; a fifth of its life where that is less. */
const ahead = 60_000;

/** What is to be stored of tokens that came this moment. */
export function storedOf({ accessToken, refreshToken, expiresIn }: GivenTokens, now = Date.now()): Stored {
  const lifetime = 1_000 * (expiresIn ?? lifetimeOf(accessToken, now / 1_000));
  // Not all tabs and all clients at once.
  const early = Math.min(ahead, lifetime / 5) * (0.75 + Math.random() / 4);
  return { accessToken, refreshToken, expiresAt: now + lifetime, refreshAt: now + lifetime - early };
}

/** `undefined` for anything but what was stored here. */
export function parseStored(text: string | null): Stored | undefined {
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const [accessToken, refreshToken] = [member(value, 'accessToken'), member(value, 'refreshToken')];
    const [refreshAt, expiresAt] = [member(value, 'refreshAt'), member(value, 'expiresAt')];
    const isWhole =
      isToken(accessToken) && isToken(refreshToken) && typeof refreshAt === 'number' && typeof expiresAt === 'number';
    return isWhole ? { accessToken, refreshToken, refreshAt, expiresAt } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Seconds, by the token's own times alone where it has both: then it does not matter what this machine's clock says. Of a
 * token that says nothing, none: it is replaced at once.
 */
function lifetimeOf(accessToken: string, now: number): number {
  const claims = claimsOf(accessToken);
  const exp = member(claims, 'exp');
  const begin = member(claims, 'iat') ?? member(claims, 'nbf') ?? now;
  return typeof exp === 'number' && typeof begin === 'number' ? Math.max(0, exp - begin) : 0;
}

function claimsOf(token: string): unknown {
  try {
    return JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
}
