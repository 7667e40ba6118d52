// Admin tokens: named bearer tokens. Several are valid at once, so that one can replace another.
import { createHash, timingSafeEqual } from 'node:crypto';
import { RefractError } from '../errors.ts';

/** Characters. Shorter tokens could be guessed. */
export const minAdminTokenLength = 32;

export interface AdminTokens {
  readonly names: readonly string[];
  /** Returns the name of the token in an Authorization header (RFC 6750 §2.1), or `undefined` for any other value. */
  readonly nameOf: (authorization: string | undefined) => string | undefined;
}

/**
 * @param setting `TOKEN`, or several as `NAME:TOKEN,NAME:TOKEN`
 * @throws RefractError `admin_token`
 */
export function parseAdminTokens(setting: string): AdminTokens {
  const tokens = setting.split(',').map((part, index) => {
    const [, name = `token-${String(index + 1)}`, token = ''] = /^(?:([\w-]{1,40}):)?([^:]*)$/.exec(part.trim()) ?? [];
    if (!/^[\w~+/.=-]+$/.test(token) || token.length < minAdminTokenLength) {
      throw new RefractError(
        'admin_token',
        `An admin token needs at least ${String(minAdminTokenLength)} characters of A-Z a-z 0-9 - . _ ~ + / =; write several as NAME:TOKEN,NAME:TOKEN.`,
      );
    }
    return { name, digest: digestOf(token) };
  });
  const duplicate = tokens.find(({ name }, index) => tokens.findIndex((token) => token.name === name) !== index);
  if (duplicate !== undefined)
    throw new RefractError('admin_token', `Two admin tokens have the name ${duplicate.name}.`);

  return {
    names: tokens.map(({ name }) => name),
    nameOf: (authorization) => {
      const presented = bearerToken(authorization);
      const digest = digestOf(presented ?? '');
      // Compares every token, each in constant time.
      const [match] = tokens.filter((token) => timingSafeEqual(token.digest, digest));
      return presented === undefined ? undefined : match?.name;
    },
  };
}

/** Returns the token of an Authorization header (RFC 6750 §2.1). */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([^ ]+)$/i.exec(authorization ?? '')?.[1];
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
