// Who may administrate: bearer tokens by name, several at once so that one can take the place of another.
import { createHash, timingSafeEqual } from 'node:crypto';
import { RefractError } from '../errors.ts';

/** Characters. Shorter ones could be guessed. */
export const shortestAdminToken = 32;

export interface AdminTokens {
  readonly names: readonly string[];
  /** The name of the token that an Authorization header carries (RFC 6750 §2.1), if it is one of them. */
  readonly nameOf: (authorization: string | undefined) => string | undefined;
}

/**
 * @param setting `TOKEN`, or several as `NAME:TOKEN,NAME:TOKEN`
 * @throws RefractError `admin_token`
 */
export function adminTokens(setting: string): AdminTokens {
  const tokens = setting.split(',').map((part, index) => {
    const [, name = `token-${String(index + 1)}`, token = ''] = /^(?:([\w-]{1,40}):)?([^:]*)$/.exec(part.trim()) ?? [];
    if (!/^[\w~+/.=-]+$/.test(token) || token.length < shortestAdminToken) {
      throw new RefractError(
        'admin_token',
        `An admin token needs at least ${String(shortestAdminToken)} characters of A-Z a-z 0-9 - . _ ~ + / =, and several are given as NAME:TOKEN,NAME:TOKEN.`,
      );
    }
    return { name, digest: digestOf(token) };
  });
  const twice = tokens.find(({ name }, index) => tokens.findIndex((one) => one.name === name) !== index);
  if (twice !== undefined) throw new RefractError('admin_token', `Two admin tokens have the name ${twice.name}.`);

  return {
    names: tokens.map(({ name }) => name),
    nameOf: (authorization) => {
      const given = bearerToken(authorization);
      const digest = digestOf(given ?? '');
      // All of them are compared, each in constant time.
      const [match] = tokens.filter((token) => timingSafeEqual(token.digest, digest));
      return given === undefined ? undefined : match?.name;
    },
  };
}

/** The token of an Authorization header, whoever's it is (RFC 6750 §2.1). */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([^ ]+)$/i.exec(authorization ?? '')?.[1];
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
