// Keys that both sides have: the prover makes them and the server is given them, so that what only the server could sign
// is signed here as well, with any bytes for header and claims.
import { createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { ContractName } from '../../../test/shared/refreshing.ts';
import { at } from '../../../test/shared/at.ts';

export interface OwnKey {
  readonly kid: string;
  readonly algorithm: 'EdDSA' | 'HS256';
  /** As the server takes it. */
  readonly jwk: string;
  /** Of an Ed25519 key alone. */
  readonly publicKey: KeyObject | undefined;
  /** A compact JWS over these very bytes. */
  readonly sign: (header: string, payload: string) => string;
}

export const algorithmOf: Readonly<Record<ContractName, OwnKey['algorithm']>> = {
  cloudreve: 'HS256',
  fib: 'EdDSA',
  kirjaswappi: 'HS256',
  orillion: 'EdDSA',
  xerial: 'HS256',
};

export function createKey(algorithm: OwnKey['algorithm']): OwnKey {
  const kid = randomBytes(12).toString('base64url');
  return algorithm === 'EdDSA' ? createEd25519Key(kid) : createSecret(kid);
}

function createEd25519Key(kid: string): OwnKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const jwk = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid });
  const signing = (input: string): Buffer => sign(null, Buffer.from(input), privateKey);
  return { kid, algorithm: 'EdDSA', jwk, publicKey, sign: (...parts) => compact(parts, signing) };
}

function createSecret(kid: string): OwnKey {
  const secret = randomBytes(32);
  const jwk = JSON.stringify({ kty: 'oct', k: secret.toString('base64url'), kid });
  return {
    kid,
    algorithm: 'HS256',
    jwk,
    publicKey: undefined,
    sign: (...parts) => compact(parts, hmac('sha256', secret)),
  };
}

export function hmac(hash: string, secret: Uint8Array): (input: string) => Buffer {
  return (input) => createHmac(hash, secret).update(input).digest();
}

export function compact(parts: readonly string[], signing: (input: string) => Uint8Array): string {
  const input = parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${input}.${Buffer.from(signing(input)).toString('base64url')}`;
}

/** All the ways to write a public key down that somebody may have taken for a secret. */
export function spellingsOf(key: KeyObject, kid: string): readonly Buffer[] {
  const jwk: unknown = key.export({ format: 'jwk' });
  const x = String(at(jwk, 'x'));
  const raw = Buffer.from(x, 'base64url');
  const der = key.export({ type: 'spki', format: 'der' });
  const pem = key.export({ type: 'spki', format: 'pem' }).toString();
  const members = { kty: 'OKP', crv: 'Ed25519', x };
  const published = { ...members, alg: 'EdDSA', use: 'sig', kid };
  const texts = [
    x,
    raw.toString('base64'),
    raw.toString('hex'),
    raw.toString('hex').toUpperCase(),
    pem,
    pem.trimEnd(),
    pem.replaceAll('\n', '\r\n'),
    pem.replaceAll('\n', ''),
    `${pem}\0`,
    der.toString('base64'),
    der.toString('base64url'),
    der.toString('hex'),
    // RFC 7638 §3: the members in the order of its thumbprint.
    JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }),
    JSON.stringify(jwk),
    JSON.stringify(members),
    JSON.stringify(published),
    JSON.stringify(published, null, 2),
    JSON.stringify({ keys: [published] }),
  ];
  return [raw, Buffer.from(raw).reverse(), der, ...texts.map((text) => Buffer.from(text))];
}
