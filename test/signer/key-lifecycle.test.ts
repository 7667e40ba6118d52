// The lifecycle of keys with a real engine and store: a rotation keeps all sessions, a compromise ends them.
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSigner } from '../../src/signer/signer.ts';
import { granted, openEngine } from '../engine/real-engine.ts';
import { claimsOf, headerOf } from '../shared/tokens.ts';
import { connectTo } from '../shared/database.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { openSigner, openStore } from './real-signer.ts';

const fiveMinutes = () => 300;

describe('a rotation', () => {
  test('a rotation promotes the published key set, and the JWKS keeps both keys', async () => {
    const { signer } = await openEngine();
    const [first] = await signer.keys.list();
    const next = await signer.keys.publish('fib');
    expect(next).toMatchObject({ contract: 'fib', algorithm: 'EdDSA', state: 'next' });
    const kids = [first?.accessKid, next.accessKid];
    expect(signer.jwks('fib').keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining(kids));
    expect(signer.activeKeyId('fib')).toBe(first?.id);
    expect(await signer.keys.rotate('fib', false)).toMatchObject({ id: next.id, state: 'active' });
    expect(signer.activeKeyId('fib')).toBe(next.id);
    expect(signer.jwks('fib').keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining(kids));
    expect((await signer.keys.list()).find(({ id }) => id === first?.id)).toMatchObject({
      state: 'retired',
      retiredAt: 1_700_000_000,
    });
  });

  test('a rotation keeps old tokens valid and signs new ones by the new key', async () => {
    const { engine, signer, signIn } = await openEngine();
    const { token } = await signIn();
    const next = await signer.keys.rotate('fib', true);
    const grant = await granted(engine, token);
    expect(headerOf(grant.refresh.token)['kid']).toBe(next.refreshKid);
    expect(headerOf(grant.access.token)['kid']).toBe(next.accessKid);
    expect(headerOf(token)['kid']).not.toBe(next.refreshKid);
    await granted(engine, grant.refresh.token);
  });

  test('a repeat after a rotation of keys has the same bytes and the original key', async () => {
    const { engine, signer, signIn } = await openEngine();
    const { token } = await signIn();
    const first = await granted(engine, token);
    await signer.keys.rotate('fib', true);
    expect(await granted(engine, token)).toEqual(first);
  });

  test('a rotation is noticed by another process, which keeps the former keys', async () => {
    const one = await openEngine();
    const other = await openEngine({ beside: one });
    const { token } = await one.signIn();
    const next = await one.signer.keys.rotate('fib', true);
    await other.signer.reload();
    expect(other.signer.activeKeyId('fib')).toBe(next.id);
    const grant = await granted(other.engine, token);
    expect(headerOf(grant.refresh.token)['kid']).toBe(next.refreshKid);
  });

  test('a rotation to an unpublished key needs atOnce', async () => {
    const { signer } = await openEngine();
    await expect(signer.keys.rotate('fib', false)).rejects.toThrow(
      'fib has no next key set; publish one first, or rotate with --at-once.',
    );
    await signer.keys.publish('fib');
    await expect(signer.keys.publish('fib')).rejects.toThrow(
      'fib has a next key set already; rotate to it, or remove it.',
    );
    await expect(signer.keys.publish('nope')).rejects.toThrow('There is no contract nope.');
  });
});

describe('a removal', () => {
  test('a removal is refused while tokens may be active, with their latest expiry', async () => {
    const { engine, signer, signIn } = await openEngine();
    const { token } = await signIn();
    const [first] = await signer.keys.list();
    await expect(signer.keys.remove(first?.id ?? '', undefined, fiveMinutes, false)).rejects.toThrow(
      /signs; rotate to another one first\.$/,
    );
    await signer.keys.rotate('fib', true);
    await expect(signer.keys.remove(first?.id ?? '', undefined, fiveMinutes, false)).rejects.toThrow(
      /^Tokens of the key set \S+ are valid until 2023-11-21T22:13:20\.000Z \(active sessions: 1\); force ends them\.$/,
    );
    await granted(engine, token);
    await signer.keys.remove(first?.id ?? '', undefined, fiveMinutes, true);
    expect(await engine.refresh(token, 'request')).toEqual({ kind: 'refused', refusal: 'invalid_token' });
    expect(signer.jwks('fib').keys).toHaveLength(1);
    await expect(signer.keys.remove('nope', undefined, fiveMinutes, true)).rejects.toThrow('There is no key set nope.');
  });
});

describe('a removal of a key set', () => {
  test('a removal of a key set reads one key set alone, and returns its contract', async () => {
    const opened = openStore(temporaryFolder());
    onTestFinished(() => opened.close());
    let reads = 0;
    const store = {
      ...opened,
      readKeySets: () => {
        reads += 1;
        return opened.readKeySets();
      },
    };
    const signer = await openSigner(store);
    const { id } = await signer.keys.publish('xerial');
    reads = 0;
    await expect(signer.keys.remove(id, 'fib', fiveMinutes, false)).rejects.toThrow(
      `There is no key set ${id} of fib.`,
    );
    await expect(signer.keys.remove('x', undefined, fiveMinutes, false)).rejects.toThrow('There is no key set x.');
    expect(reads).toBe(0);
    expect(await signer.keys.remove(id, undefined, fiveMinutes, false)).toBe('xerial');
    // The reload after it opens the remaining key sets.
    expect(reads).toBe(1);
  });
});

describe('a compromise', () => {
  test('a compromise revokes every session of the contract and all earlier tokens', async () => {
    const { engine, signer, signIn, events } = await openEngine();
    const { token, session } = await signIn();
    await signIn();
    const [leaked] = await signer.keys.list();
    await signer.keys.publish('fib');
    expect(await signer.keys.compromise('fib')).toBe(2);
    const all = await signer.keys.list();
    expect(all.map(({ state }) => state)).toEqual(['active']);
    expect(all[0]?.id).not.toBe(leaked?.id);
    expect(await engine.refresh(token, 'request')).toEqual({ kind: 'refused', refusal: 'invalid_token' });
    // Signed again by the new key, the session is still revoked.
    const resigned = await signer.sign('fib', 'refresh', signer.activeKeyId('fib'), claimsOf(token));
    expect(await engine.refresh(resigned, 'request')).toEqual({ kind: 'refused', refusal: 'revoked_session' });
    expect(events.at(-1)).toMatchObject({ refusal: 'revoked_session', sessionId: session.id });
    const { token: fresh } = await signIn();
    await granted(engine, fresh);
  });
});

describe('a key of another server', () => {
  test('an imported secret is published, and signs once promoted', async () => {
    const { engine, signer, signIn } = await openEngine({ contract: 'xerial' });
    const secret = 'the secret that the other server signed with';
    const imported = await signer.keys.import('xerial', { access: `${secret}\n` });
    expect(imported.state).toBe('next');
    await signer.keys.rotate('xerial', false);
    const { grant } = await signIn();
    const [head = '', payload = '', signature] = grant.access.token.split('.');
    expect(signature).toBe(createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url'));
    expect(headerOf(grant.refresh.token)['kid']).not.toBe(imported.accessKid);
    await granted(engine, grant.refresh.token);
  });

  test.each(['pem', 'jwk'] as const)(
    'an imported Ed25519 key as %s is published, and signs once promoted',
    async (format) => {
      const { signer, signIn } = await openEngine();
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const text =
        format === 'pem'
          ? privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
          : JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'their-kid' });
      const imported = await signer.keys.import('fib', { access: text });
      if (format === 'jwk') expect(imported.accessKid).toBe('their-kid');
      await signer.keys.rotate('fib', false);
      const { grant } = await signIn();
      expect(headerOf(grant.access.token)['kid']).toBe(imported.accessKid);
      const { x } = await exportJWK(publicKey);
      expect(signer.jwks('fib').keys.find(({ kid }) => kid === imported.accessKid)).toEqual({
        kty: 'OKP',
        crv: 'Ed25519',
        x,
        kid: imported.accessKid,
        use: 'sig',
        alg: 'EdDSA',
      });
    },
  );

  const jwk = (more: object): string => JSON.stringify(more);
  test.each([
    ['xerial', 'short', 'The secret has 5 bytes; HS256 needs at least 32.'],
    ['xerial', jwk({ kty: 'OKP' }), 'The contract signs with HS256, and this key is not a secret.'],
    ['xerial', '-----BEGIN PRIVATE KEY-----', 'The contract signs with HS256, and this key is not a secret.'],
    ['fib', '{', 'The key begins like a JWK, but is not valid JSON.'],
    ['fib', 'secret', 'The key is neither a JWK nor an Ed25519 private key in PEM (PKCS #8).'],
    [
      'fib',
      jwk({ kty: 'OKP', crv: 'Ed25519', x: 'x' }),
      'The contract signs with Ed25519, and this key is not an Ed25519 private key.',
    ],
  ] as const)('a key of %s is refused in a sentence that does not repeat it: %s', async (contract, text, sentence) => {
    const { signer } = await openEngine({ contract });
    await expect(signer.keys.import(contract, { access: text })).rejects.toThrow(sentence);
    expect(await signer.keys.list()).toHaveLength(1);
  });

  test('a key that signs other tokens already is refused', async () => {
    const { signer, store, folder } = await openEngine({ contract: 'xerial' });
    const secret = 'the secret that the other server signed with';
    await expect(signer.keys.import('xerial', { access: secret, refresh: secret })).rejects.toThrow(
      'One key signs both the access tokens of xerial and the refresh tokens of xerial; use a separate key for each.',
    );
    await signer.keys.import('xerial', { access: secret });
    const both = await createSigner(
      store,
      { secret: undefined, file: join(folder, 'master.key') },
      new Map([
        ['xerial', 'HS256'],
        ['cloudreve', 'HS256'],
      ]),
    );
    await expect(both.keys.import('cloudreve', { access: secret })).rejects.toThrow(
      'One key signs both the access tokens of xerial and the access tokens of cloudreve; use a separate key for each.',
    );
  });
});

describe('a new master secret', () => {
  const [old, fresh] = ['an old master secret of forty characters', 'a fresh master secret of forty characters'];
  const algorithms = new Map([
    ['fib', 'EdDSA'],
    ['xerial', 'HS256'],
  ] as const);

  test('a new master secret opens keys sealed under the previous one and reseals them', async () => {
    const store = openStore(temporaryFolder());
    onTestFinished(() => store.close());
    const open = (secret: string, previous?: string) =>
      createSigner(store, { secret, file: 'not used', previous }, algorithms);
    const before = await open(old);
    await before.keys.publish('fib');
    const kids = (await before.keys.list()).map(({ accessKid }) => accessKid);

    const after = await open(fresh, old);
    expect((await after.keys.list()).map(({ accessKid }) => accessKid)).toEqual(kids);
    expect((await (await open(fresh)).keys.list()).map(({ accessKid }) => accessKid)).toEqual(kids);
    await expect(open(old)).rejects.toThrow(/^The master secret does not open the keys of (fib|xerial);/);
    // A process that runs already continues with its open keys.
    await before.reload();
    const token = await before.sign('fib', 'refresh', before.activeKeyId('fib'), { sub: 'bob' });
    expect(await after.verify('fib', 'refresh', token)).toEqual({ sub: 'bob' });
    // The second start changes nothing.
    const sealed = (await store.readKeySets()).map((one) => one.sealed);
    await open(fresh, old);
    expect((await store.readKeySets()).map((one) => one.sealed)).toEqual(sealed);
  });

  test('a new master secret changes nothing if the previous one does not open the keys', async () => {
    const store = openStore(temporaryFolder());
    onTestFinished(() => store.close());
    await createSigner(store, { secret: old, file: 'not used' }, algorithms);
    const sealed = await store.readKeySets();
    const wrong = 'a wrong master secret of forty characters';
    await expect(
      createSigner(store, { secret: fresh, file: 'not used', previous: wrong }, algorithms),
    ).rejects.toMatchObject({
      code: 'key',
    });
    expect(await store.readKeySets()).toEqual(sealed);
  });
});

describe('keys of other contracts', () => {
  const algorithms = new Map([
    ['xerial', 'HS256'],
    ['cloudreve', 'HS256'],
    ['kirjaswappi', 'HS256'],
  ] as const);
  const place = async () => {
    const folder = temporaryFolder();
    const store = openStore(folder);
    onTestFinished(() => store.close());
    const open = () =>
      createSigner(store, { secret: 'a master secret of more than forty characters', file: 'not used' }, algorithms);
    return { folder, store, open, signer: await open() };
  };
  const secret = 'the secret that the other server signed with';

  test('a key imported for several contracts at once stays in one of them at most', async () => {
    const { signer, open, store } = await place();
    const attempts = [...algorithms.keys()].map((contract) => signer.keys.import(contract, { access: secret }));
    const done = await Promise.allSettled(attempts);
    expect(done.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    const next = (await store.readKeySets()).filter(({ state }) => state === 'next');
    expect(next).toHaveLength(done.filter(({ status }) => status === 'fulfilled').length);
    await signer.reload();
    await open();
  });

  test('an unreadable next key set is listed, can be removed, and stops no start', async () => {
    const { folder, signer, open } = await place();
    connectTo(join(folder, 'refract.db')).exec(
      "INSERT INTO key_set (id, contract, state, sealed, created_at) VALUES ('broken', 'cloudreve', 'next', 'garbage', 0)",
    );
    await expect(signer.reload()).rejects.toThrow('The master secret does not open the keys of cloudreve');
    const again = await open();
    expect((await again.keys.list()).find(({ id }) => id === 'broken')).toMatchObject({
      refreshKid: 'cannot be opened',
    });
    const before = again.activeKeyId('xerial');
    expect(await again.keys.compromise('xerial')).toBe(0);
    expect(again.activeKeyId('xerial')).not.toBe(before);
    await again.keys.remove('broken', undefined, fiveMinutes, false);
    await again.reload();
  });

  test.each([
    [
      'a kid of 65 characters',
      { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'k'.repeat(65) },
      'invalid',
    ],
    ['a kid with a line in it', { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'a\nb' }, 'invalid'],
    ['a secret that is not base64url', { kty: 'oct', k: '*'.repeat(60) }, 'invalid'],
    ['a secret of one byte, again and again', { kty: 'oct', k: Buffer.alloc(64).toString('base64url') }, 'invalid'],
  ])('a key with %s is refused', async (_what, jwk, code) => {
    const { signer } = await place();
    await expect(signer.keys.import('xerial', { access: JSON.stringify(jwk) })).rejects.toMatchObject({ code });
  });

  test('an Ed25519 key with mismatched parts is refused', async () => {
    const { signer } = await openEngine();
    const [one, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
    const jwk = { ...one.privateKey.export({ format: 'jwk' }), x: other.publicKey.export({ format: 'jwk' }).x };
    await expect(signer.keys.import('fib', { access: JSON.stringify(jwk) })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('a key with the kid of a key in use is refused', async () => {
    const { signer } = await place();
    const kid = (await signer.keys.list()).find(({ contract }) => contract === 'xerial')?.refreshKid;
    const jwk = (text: string, more: object) =>
      JSON.stringify({ kty: 'oct', k: Buffer.from(text).toString('base64url'), ...more });
    const keys = { access: jwk(secret, {}), refresh: jwk(`${secret} 2`, { kid }) };
    await expect(signer.keys.import('xerial', keys)).rejects.toMatchObject({ code: 'conflict' });
  });
});
