// What the session page shows of tokens: their claims, and never the tokens themselves.
import type { Tokens } from '../../../client/session.ts';

/** Times are milliseconds of this machine's clock. */
export interface Shown {
  readonly access: string;
  readonly generation: string;
  readonly session: string;
  readonly refresh: string;
  readonly storedAt: number;
  readonly expiresAt: number;
  readonly refreshExpiresAt: number;
}

/** @param text as the session stores it; `undefined` where there is none */
export function shownOf(text: string | null): Shown | undefined {
  if (text === null) return undefined;
  // The session has held it against what it should be, and this is its own page.
  const stored = JSON.parse(text) as Tokens & { readonly storedAt: number; readonly expiresAt: number };
  const access = claimsOf(stored.accessToken);
  const refresh = claimsOf(stored.refreshToken);
  return {
    access: short(access['jti']),
    generation: generationOf(stored.refreshToken),
    session: short(refresh['sid']),
    refresh: short(refresh['jti']),
    storedAt: stored.storedAt,
    expiresAt: stored.expiresAt,
    refreshExpiresAt: Number(refresh['exp']) * 1_000,
  };
}

/** `–` where the contract's tokens have none. */
export function generationOf(refreshToken: string): string {
  const { gen } = claimsOf(refreshToken);
  return typeof gen === 'number' ? String(gen) : '–';
}

/** In words, as short as they may be. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

function short(claim: unknown): string {
  return typeof claim === 'string' ? claim.slice(0, 8) : '–';
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  // The claims of a token are an object.
  return JSON.parse(atob(claims)) as Readonly<Record<string, unknown>>;
}
