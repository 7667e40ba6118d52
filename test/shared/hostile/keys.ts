// Keys that the test creates and the server imports, so that the test can sign any bytes as the server.
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

type Bytes = string | Uint8Array;

export interface OwnKey {
  readonly kid: string;
  readonly algorithm: 'EdDSA' | 'HS256';
  /** The private JWK as JSON. */
  readonly jwk: string;
  /** Only of an Ed25519 key. */
  readonly publicKey: KeyObject | undefined;
  /** Returns the JWS of any signing input (RFC 7515 §5.1). */
  readonly seal: (signingInput: string) => string;
  /** Returns the compact JWS of these bytes. */
  readonly sign: (header: Bytes, payload: Bytes) => string;
}

export function createKey(algorithm: OwnKey['algorithm']): OwnKey {
  const kid = randomBytes(12).toString('base64url');
  return algorithm === 'EdDSA'
    ? ownKeyOf({ ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid })
    : ownKeyOf({ kty: 'oct', k: randomBytes(32).toString('base64url'), kid });
}

export function ownKeyOf(jwk: JsonWebKey & { readonly kid?: string }): OwnKey {
  const { kid = '', k } = jwk;
  const privateKey = k === undefined ? createPrivateKey({ key: jwk, format: 'jwk' }) : undefined;
  const signing = privateKey
    ? (input: string) => sign(null, Buffer.from(input), privateKey)
    : hmac('sha256', Buffer.from(k ?? '', 'base64url'));
  return {
    kid,
    algorithm: privateKey ? 'EdDSA' : 'HS256',
    jwk: JSON.stringify(jwk),
    publicKey: privateKey && createPublicKey(privateKey),
    seal: (input) => seal(input, signing),
    sign: (header, payload) => seal(`${encoded(header)}.${encoded(payload)}`, signing),
  };
}

export function hmac(hash: string, secret: Bytes): (input: string) => Buffer {
  return (input) => createHmac(hash, secret).update(input).digest();
}

export function seal(input: string, signing: (input: string) => Uint8Array): string {
  return `${input}.${encoded(signing(input))}`;
}

export function encoded(bytes: Bytes): string {
  return Buffer.from(bytes).toString('base64url');
}

export function decoded(segment: string): string {
  return Buffer.from(segment, 'base64url').toString();
}

/** Returns the forms of a public key that a verifier might take for a secret (RFC 8725 §2.1). */
export function spellingsOf(key: KeyObject, kid: string): readonly Buffer[] {
  const jwk = key.export({ format: 'jwk' });
  const { x = '' } = jwk;
  const raw = Buffer.from(x, 'base64url');
  const der = key.export({ type: 'spki', format: 'der' });
  const pem = key.export({ type: 'spki', format: 'pem' }).toString();
  const members = { kty: 'OKP', crv: 'Ed25519', x };
  const published = { ...members, alg: 'EdDSA', use: 'sig', kid };
  const hex = raw.toString('hex');
  const texts = [
    ...[x, raw.toString('base64'), hex, hex.toUpperCase()],
    ...[pem, pem.trimEnd(), pem.replaceAll('\n', '\r\n'), pem.replaceAll('\n', ''), `${pem}\0`],
    ...[der.toString('base64'), der.toString('base64url'), der.toString('hex')],
    // RFC 7638 §3: the members in the order of the thumbprint.
    ...[{ crv: 'Ed25519', kty: 'OKP', x }, jwk, members, published, { keys: [published] }].map((one) =>
      JSON.stringify(one),
    ),
    JSON.stringify(published, null, 2),
  ];
  return [raw, Buffer.from(raw).reverse(), der, ...texts.map((text) => Buffer.from(text))];
}
