// A differential test of signatures with jose: both sign the same bytes, and accept or refuse the same tokens.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, compactVerify, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { importKeyObject, type Algorithm } from '../../src/signer/key-set.ts';
import { encodeSegment } from '../../src/signer/key-set.ts';
import { readHeader, signClaims, verifyToken } from '../../src/signer/signature.ts';

/** Changed tokens that the key did not sign. */
const changes: readonly (readonly [string, (parts: readonly [string, string, string], other: Buffer) => string])[] = [
  ['nothing', ([header, payload, signature]) => `${header}.${payload}.${signature}`],
  ['another payload', ([header, , signature], other) => `${header}.${other.toString('base64url')}.${signature}`],
  ['another signature', ([header, payload], other) => `${header}.${payload}.${other.toString('base64url')}`],
  [
    'a shorter signature',
    ([header, payload, signature]) => `${header}.${payload}.${flipped(signature, (bytes) => bytes.subarray(0, -1))}`,
  ],
  [
    'a longer signature',
    ([header, payload, signature], other) =>
      `${header}.${payload}.${flipped(signature, (bytes) => Buffer.concat([bytes, other]))}`,
  ],
  [
    'a bit of the signature',
    ([header, payload, signature], other) =>
      `${header}.${payload}.${flipped(signature, (bytes) => withBit(bytes, other))}`,
  ],
  [
    'a bit of the payload',
    ([header, payload, signature], other) =>
      `${header}.${flipped(payload, (bytes) => withBit(bytes, other))}.${signature}`,
  ],
  [
    'a signature of zeros',
    ([header, payload, signature]) =>
      `${header}.${payload}.${flipped(signature, (bytes) => Buffer.alloc(bytes.length))}`,
  ],
  ['another order', ([header, payload, signature]) => `${payload}.${header}.${signature}`],
  ['the parts run together', ([header, payload, signature]) => `${header}.${payload}${signature}.${signature}`],
];

describe.each<Algorithm>(['HS256', 'EdDSA'])('%s', (algorithm) => {
  test('signClaims() returns the same bytes as jose', async () => {
    const { key, reference } = await keyOf(algorithm);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 6 }), async (claims) => {
        const header = { typ: 'JWT', alg: algorithm, kid: 'a' };
        const isAcceptedByJose = new CompactSign(new TextEncoder().encode(JSON.stringify(claims))).setProtectedHeader(
          header,
        );
        expect(signClaims(key, claims)).toBe(await isAcceptedByJose.sign(reference.signing));
      }),
      { numRuns: 30 },
    );
  });

  test('verifyToken() accepts and refuses changed tokens as jose does', async () => {
    const { key, reference } = await keyOf(algorithm);
    const counts = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.uint8Array({ minLength: 1, maxLength: 70 }),
        async (payload, other) => {
          const signed = await new CompactSign(payload)
            .setProtectedHeader({ typ: 'JWT', alg: algorithm, kid: 'a' })
            .sign(reference.signing);
          const [header = '', body = '', signature = ''] = signed.split('.');
          for (const [what, change] of changes) {
            const token = change([header, body, signature], Buffer.from(other));
            // A token of another form is refused before its signature is verified.
            if (readHeader(token) === undefined) continue;
            const isAcceptedByJose = await compactVerify(token, reference.verifying, { algorithms: [algorithm] }).then(
              () => true,
              () => false,
            );
            expect((await verifyToken(key, token)) !== undefined, what).toBe(isAcceptedByJose);
            counts[isAcceptedByJose ? 'accepted' : 'refused'] += 1;
          }
        },
      ),
      { numRuns: 40 },
    );
    expect(counts.accepted).toBeGreaterThanOrEqual(40);
    expect(counts.refused).toBeGreaterThanOrEqual(40);
  });

  test('verifyToken() refuses a signature of another key', async () => {
    const [{ key }, other] = [await keyOf(algorithm), await keyOf(algorithm)];
    const claims = { sub: 'a' };
    expect(await verifyToken(key, signClaims(key, claims))).toEqual(claims);
    expect(await verifyToken(key, signClaims(other.key, claims))).toBeUndefined();
  });
});

test('verifyToken() uses the algorithm of the key, not of the header', async () => {
  const { key, jwk } = await keyOf('EdDSA');
  const secret = Buffer.from(jwk.x ?? '', 'base64url');
  const token = await new CompactSign(Buffer.from('{}'))
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256', kid: 'a' })
    .sign(secret);
  expect(await verifyToken(key, token)).toBeUndefined();
});

async function keyOf(algorithm: Algorithm) {
  const jwk: JWK =
    algorithm === 'HS256'
      ? { kty: 'oct', k: randomBytes(32).toString('base64url') }
      : await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).privateKey);
  const { d: _private, ...published } = jwk;
  return {
    jwk,
    key: {
      algorithm,
      encodedHeader: encodeSegment({ typ: 'JWT', alg: algorithm, kid: 'a' }),
      signingKey: await importKeyObject(jwk, algorithm),
      verificationKey: await importKeyObject(published, algorithm),
    },
    reference: { signing: await importJWK(jwk, algorithm), verifying: await importJWK(published, algorithm) },
  };
}

function flipped(segment: string, change: (bytes: Buffer) => Buffer): string {
  return change(Buffer.from(segment, 'base64url')).toString('base64url');
}

/** Flips one bit, which `by` determines. */
function withBit(bytes: Buffer, by: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const place = (by[0] ?? 0) % changed.length;
  changed[place] = (changed[place] ?? 0) ^ (1 << (by.length % 8));
  return changed;
}
