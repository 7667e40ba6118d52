// Signatures that are none of ours over claims that are: what a verifier would take that does not hold S to its range, or
// takes any point for a point (RFC 8032 §5.1.7, RFC 8725 §3.2).
import { invalid, textsOf, withSignature, type Hostile } from './hostile.ts';
import type { Target } from './target.ts';

/** The order of the group (RFC 8032 §5.1): S and S + L would both verify where S is not held to be less than it. */
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Encodings of points of small order; for some key and some message they would be a signature. */
const smallOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
] as const;

export function secondSignatures(target: Target): Hostile[] {
  if (target.keys.refresh.algorithm !== 'EdDSA') return [];
  return [target.refreshToken, ...target.siblings].flatMap((genuine) => {
    const { header, payload, signature } = textsOf(genuine);
    const bytes = Buffer.from(signature, 'base64url');
    const [point, scalar] = [bytes.subarray(0, 32), littleEndian(bytes.subarray(32))];
    const moved = Array.from({ length: 15 }, (_, times) =>
      Buffer.concat([point, bytesOf(scalar + BigInt(times + 1) * groupOrder)]),
    );
    const negated = Buffer.concat([point, bytesOf(groupOrder - scalar)]);
    const small = smallOrder.flatMap((text) =>
      [0n, 1n, groupOrder, groupOrder - 1n, scalar].map((one) =>
        Buffer.concat([Buffer.from(text, 'hex'), bytesOf(one)]),
      ),
    );
    return [...moved, negated, ...small].map((one) =>
      invalid('a second signature of the same claims', withSignature(header, payload, one.toString('base64url'))),
    );
  });
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function bytesOf(scalar: bigint): Buffer {
  return Buffer.from(BigInt.asUintN(256, scalar).toString(16).padStart(64, '0'), 'hex').reverse();
}
