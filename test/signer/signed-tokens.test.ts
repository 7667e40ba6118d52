// The cache of signed tokens: its lookups, size and end.
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Key } from '../../src/signer/key-set.ts';
import { createSignedTokens } from '../../src/signer/signed-tokens.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { openSigner, openStore } from './real-signer.ts';

function keyOf(kid: string): Key {
  const { privateKey: signingKey, publicKey: verificationKey } = generateKeyPairSync('ed25519');
  const common = { algorithm: 'EdDSA', publicJwk: undefined, encodedHeader: '', thumbprint: kid } as const;
  return { ...common, kid, signingKey, verificationKey };
}

test('keyOf() returns the key of a remembered token, and of no similar text', () => {
  const own = createSignedTokens();
  const [one, other] = [keyOf('one'), keyOf('other')];
  own.remember('a.b.c', one);
  own.remember('d.e.f', other);
  expect([own.keyOf('a.b.c'), own.keyOf('d.e.f')]).toEqual([one, other]);
  for (const text of ['a.b.C', 'a.b.c ', 'a.b.', 'a.b', '', 'd.b.c']) expect(own.keyOf(text)).toBeUndefined();
});

test('remember() keeps the last tokens, and at most twice as many', () => {
  const own = createSignedTokens(3);
  const key = keyOf('one');
  const tokens = Array.from({ length: 20 }, (_, index) => `token ${String(index)}`);
  for (const [index, token] of tokens.entries()) {
    own.remember(token, key);
    const known = tokens.slice(0, index + 1).map((each) => own.keyOf(each) === key);
    expect(known.slice(-3)).not.toContain(false);
    expect(known.filter(Boolean).length).toBeLessThanOrEqual(6);
  }
});

test('forget() removes all tokens', () => {
  const own = createSignedTokens(1);
  for (const token of ['a', 'b']) own.remember(token, keyOf('one'));
  own.forget();
  expect(['a', 'b'].map(own.keyOf)).toEqual([undefined, undefined]);
});

test.each(['fib', 'xerial'])(
  '%s: a remembered token verifies as any token, for its contract and use alone',
  async (contract) => {
    const store = openStore(temporaryFolder());
    try {
      const [signer, another] = [await openSigner(store), await openSigner(store)];
      const claims = { sub: 'bob', gen: 0, text: 'ÿ🚀', list: [1, null], none: undefined };
      const token = await signer.sign(contract, 'refresh', signer.activeKeyId(contract), claims);
      const verified = await another.verify(contract, 'refresh', token);
      expect(verified).toMatchObject({ sub: 'bob', list: [1, null] });
      expect(await signer.verify(contract, 'refresh', token)).toStrictEqual(verified);
      expect(await signer.verify(contract, 'access', token)).toBeUndefined();
      expect(await signer.verify('orillion', 'refresh', token)).toBeUndefined();
      await signer.keys.compromise(contract);
      expect(await signer.verify(contract, 'refresh', token)).toBeUndefined();
    } finally {
      await store.close();
    }
  },
);
