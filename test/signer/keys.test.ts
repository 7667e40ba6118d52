// Keys: generated once for each contract and use, sealed at rest, and published only if they are public.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { createSigner } from '../../src/signer/signer.ts';
import { connectTo } from '../shared/database.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { headerOf } from '../shared/tokens.ts';
import { algorithms, keysOf, openSigner, openStore, seal, secret, unseal, type Unsealed } from './real-signer.ts';

/** A folder with a store, and changes of its keys without the signer. */
function place() {
  const folder = temporaryFolder();
  const store = openStore(folder);
  onTestFinished(() => store.close());
  const database = connectTo(join(folder, 'refract.db'));
  return {
    folder,
    store,
    keySets: () => store.readKeySets(),
    keySet: async (contract: string) => {
      const found = (await store.readKeySets()).find((keySet) => keySet.contract === contract);
      if (found === undefined) throw new Error(`no keys of ${contract}`);
      return found;
    },
    setState: (id: string, state: string) =>
      database
        .prepare("UPDATE key_set SET state = $state, retired_at = iif($state = 'retired', 0, NULL) WHERE id = $id")
        .run({ state, id }),
    setSealed: (id: string, sealed: string) =>
      database.prepare('UPDATE key_set SET sealed = ? WHERE id = ?').run(sealed, id),
    remove: (id: string) => database.prepare('DELETE FROM key_set WHERE id = ?').run(id),
  };
}

describe('the first start', () => {
  test('the first start creates an active key set per contract, and the next opens them', async () => {
    const { store, keySets } = place();
    await openSigner(store);
    const made = await keySets();
    expect(made.map(({ contract, state }) => [contract, state]).sort()).toEqual(
      [...algorithms.keys()].map((contract) => [contract, 'active']).sort(),
    );
    await openSigner(store);
    expect(await keySets()).toEqual(made);
  });

  test('the first start creates separate keys for access and refresh tokens', async () => {
    const { store } = place();
    await openSigner(store);
    const all = [...(await keysOf(store)).values()].flatMap(({ access, refresh }) => [access, refresh]);
    expect(all).toHaveLength(8);
    expect(new Set(all.map(({ kid }) => kid)).size).toBe(8);
    expect(new Set(all.map(({ d, k }) => d ?? k)).size).toBe(8);
  });

  test('the first start creates HMAC secrets of 256 bits with a random kid', async () => {
    const { store } = place();
    await openSigner(store);
    const { access, refresh } = (await keysOf(store)).get('xerial') ?? {};
    for (const jwk of [access, refresh]) {
      expect(Buffer.from(jwk?.k ?? '', 'base64url')).toHaveLength(32);
      const thumbprint = sha256(JSON.stringify({ k: jwk?.k, kty: 'oct' }));
      expect([jwk?.kid === thumbprint, jwk?.kid?.length]).toEqual([false, 22]);
    }
  });

  test('a start creates keys for a new contract, and keeps the others', async () => {
    const { store, keySets } = place();
    await openSigner(store, new Map([['fib', 'EdDSA']]));
    const [before] = await keySets();
    const signer = await openSigner(store);
    expect(await keySets()).toHaveLength(4);
    expect(signer.activeKeyId('fib')).toBe(before?.id);
  });

  test('a start keeps the keys of a removed contract', async () => {
    const { store, setSealed, keySet, keySets } = place();
    await openSigner(store);
    setSealed((await keySet('orillion')).id, 'cannot be opened');
    const before = await keySets();
    const signer = await openSigner(store, new Map([['fib', 'EdDSA']]));
    expect(signer.activeKeyId('fib')).toBe((await keySet('fib')).id);
    expect(() => signer.activeKeyId('orillion')).toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(await keySets()).toEqual(before);
  });
});

describe('at rest', () => {
  test('the database contains no byte of a key or of the master secret', async () => {
    const { store, folder, keySets } = place();
    await openSigner(store);
    const files = ['', '-wal'].map((ending) => join(folder, `refract.db${ending}`)).filter((file) => existsSync(file));
    const bytes = Buffer.concat(files.map((file) => readFileSync(file)));
    for (const { id, contract, sealed } of await keySets()) {
      // The search finds other stored values, so it can find a key.
      for (const there of [id, contract, sealed]) expect(bytes.includes(there)).toBe(true);
      const { access, refresh } = await unseal({ sealed });
      for (const { d, k, kid = '' } of [access, refresh]) {
        const key = Buffer.from(d ?? k ?? '', 'base64url');
        expect(key).toHaveLength(32);
        for (const form of [key, key.toString('base64url'), key.toString('base64'), key.toString('hex'), kid]) {
          expect(bytes.includes(form)).toBe(false);
        }
      }
    }
    expect(bytes.includes(secret)).toBe(false);
    expect(bytes.includes(Buffer.from(secret).toString('base64url'))).toBe(false);
  });

  test('keys are sealed as JWE with dir and A256GCM, each with its own nonce', async () => {
    const { store, keySets } = place();
    await openSigner(store);
    const sealed = (await keySets()).map((keySet) => keySet.sealed);
    for (const text of sealed) expect(headerOf(text)).toEqual({ alg: 'dir', enc: 'A256GCM' });
    expect(new Set(sealed.map((text) => text.split('.')[2])).size).toBe(4);
  });
});

describe('unusable keys stop the start with one sentence', () => {
  const opens = (contract: string) =>
    `The master secret does not open the keys of ${contract}; use the master secret that they were sealed under.`;
  const fibOnly = new Map([['fib', 'EdDSA']] as const);

  test('a start with another master secret seals nothing, also for a new contract', async () => {
    const { store, keySets } = place();
    await openSigner(store, new Map([['fib', 'EdDSA']]));
    const before = await keySets();
    const other = { secret: `${secret}, but another`, file: 'not used' };
    await expect(createSigner(store, other, algorithms)).rejects.toThrow(expect.objectContaining({ code: 'key' }));
    expect(await keySets()).toEqual(before);
    await openSigner(store);
  });

  test('a start is refused if keys are sealed under another master secret', async () => {
    const { store, keySets } = place();
    await openSigner(store, fibOnly);
    const before = await keySets();
    const source = { secret: `${secret}.`, file: 'not used' };
    await expect(createSigner(store, source, fibOnly)).rejects.toThrow(new RefractError('key', opens('fib')));
    expect(await keySets()).toEqual(before);
  });

  test('a start is refused without the master secret of its keys, and creates none', async () => {
    const { store, folder } = place();
    await openSigner(store, fibOnly);
    const file = join(folder, 'master.key');
    await expect(createSigner(store, { secret: undefined, file }, algorithms)).rejects.toThrow(
      new RefractError(
        'key',
        `The master secret that seals the keys in the database is missing; set REFRACT_MASTER_SECRET, or restore ${file}.`,
      ),
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('master'))).toEqual([]);
  });

  test.each<[string, (sealed: string) => string]>([
    ['nothing', () => ''],
    ['something else', () => 'sealed'],
    [
      'a changed character',
      (sealed) =>
        sealed.replace(/\.(.)([^.]+)$/, (_end, first: string, tag: string) => `.${first === 'A' ? 'B' : 'A'}${tag}`),
    ],
    ['a changed length', (sealed) => sealed.slice(0, -4)],
  ])('a start is refused if a sealed key is replaced by %s', async (_name, change) => {
    const { store, keySet, setSealed } = place();
    await openSigner(store, fibOnly);
    const { id, sealed } = await keySet('fib');
    setSealed(id, change(sealed));
    await expect(openSigner(store, fibOnly)).rejects.toThrow(new RefractError('key', opens('fib')));
  });

  test('a start is refused if keys are swapped between two contracts', async () => {
    const { store, keySet, setSealed } = place();
    await openSigner(store);
    const [fib, orillion] = [await keySet('fib'), await keySet('orillion')];
    setSealed(fib.id, orillion.sealed);
    setSealed(orillion.id, fib.sealed);
    await expect(openSigner(store)).rejects.toThrow(expect.objectContaining({ code: 'key' }));
    await expect(openSigner(store)).rejects.toThrow(
      /^The key set \S+ of (fib|orillion) was sealed as another one; restore the database from a backup\.$/,
    );
  });

  test('a start is refused if keys are swapped between two key sets of a contract', async () => {
    const { store, keySet, keySets, setSealed, setState } = place();
    await openSigner(store, fibOnly);
    const old = await keySet('fib');
    setState(old.id, 'retired');
    await openSigner(store, fibOnly);
    const fresh = (await keySets()).find(({ id }) => id !== old.id);
    setSealed(fresh?.id ?? '', old.sealed);
    await expect(openSigner(store, fibOnly)).rejects.toThrow(
      new RefractError(
        'key',
        `The key set ${fresh?.id ?? ''} of fib was sealed as another one; restore the database from a backup.`,
      ),
    );
  });

  test.each<[string, string, (keys: Unsealed, ofFib: Unsealed) => Partial<Unsealed>, string]>([
    [
      'one access key in two contracts',
      'orillion',
      (_keys, { access }) => ({ access }),
      'access tokens of fib and the access tokens of orillion',
    ],
    [
      'one refresh key in two contracts',
      'orillion',
      (_keys, { refresh }) => ({ refresh }),
      'refresh tokens of fib and the refresh tokens of orillion',
    ],
    [
      'one key for both uses',
      'orillion',
      ({ access }) => ({ refresh: access }),
      'access tokens of orillion and the refresh tokens of orillion',
    ],
    [
      'one key under two names',
      'orillion',
      ({ access }) => ({ refresh: { ...access, kid: 'x' } }),
      'access tokens of orillion and the refresh tokens of orillion',
    ],
    [
      'one secret for both uses',
      'xerial',
      ({ refresh }) => ({ access: { ...refresh, kid: 'x' } }),
      'access tokens of xerial and the refresh tokens of xerial',
    ],
  ])('a start is refused with %s in use', async (_name, contract, share, places) => {
    const { store, keySet, setSealed } = place();
    await openSigner(store);
    const { id, sealed } = await keySet(contract);
    const keys = await unseal({ sealed });
    setSealed(id, await seal({ ...keys, ...share(keys, await unseal(await keySet('fib'))) }));
    const [one = '', other = ''] = places.split(' and the ');
    // The order of the rows determines which of the two is found first.
    await expect(openSigner(store)).rejects.toThrow(expect.objectContaining({ code: 'key' }));
    await expect(openSigner(store)).rejects.toThrow(
      new RegExp(
        `^One key signs both the (${one} and the ${other}|${other} and the ${one}); use a separate key for each\\.$`,
      ),
    );
  });

  test('a start is refused if keys have another algorithm than the contract', async () => {
    const { store, keySet } = place();
    await openSigner(store, fibOnly);
    const { id } = await keySet('fib');
    await expect(openSigner(store, new Map([['fib', 'HS256']]))).rejects.toThrow(
      new RefractError('key', `The key set ${id} of fib is for EdDSA, but the contract signs with HS256.`),
    );
  });
});

describe('the JWK Set (RFC 7517)', () => {
  test('the JWK Set contains public access keys alone', async () => {
    const { store } = place();
    const signer = await openSigner(store);
    const keys = await keysOf(store);
    for (const contract of ['fib', 'orillion']) {
      const { access } = keys.get(contract) ?? {};
      expect(signer.jwks(contract)).toEqual({
        keys: [{ kty: 'OKP', crv: 'Ed25519', x: access?.x, kid: access?.kid, use: 'sig', alg: 'EdDSA' }],
      });
    }
    const published = JSON.stringify([...algorithms.keys(), 'unknown'].map((contract) => signer.jwks(contract)));
    for (const { access, refresh } of keys.values()) {
      for (const hidden of [access.d, access.k, refresh.d, refresh.k, refresh.x, refresh.kid]) {
        if (hidden !== undefined) expect(published).not.toContain(hidden);
      }
    }
  });

  test('the JWK Set is empty for an unknown contract and one that signs with HS256', async () => {
    const { store } = place();
    const signer = await openSigner(store);
    for (const contract of ['xerial', 'cloudreve', 'unknown', '']) expect(signer.jwks(contract)).toEqual({ keys: [] });
  });

  test('the JWK Set has RFC 7638 thumbprints as kid', async () => {
    const { store } = place();
    const signer = await openSigner(store);
    for (const contract of ['fib', 'orillion']) {
      const [jwk] = signer.jwks(contract).keys;
      expect(jwk?.kid).toBe(sha256(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x: jwk?.x })));
    }
  });

  test('the JWK Set verifies access tokens in another library, and no refresh tokens', async () => {
    const { store } = place();
    const signer = await openSigner(store);
    const keySet = createLocalJWKSet({ keys: [...signer.jwks('fib').keys] });
    const sign = (use: 'access' | 'refresh') => signer.sign('fib', use, signer.activeKeyId('fib'), { sub: 'bob' });
    expect((await jwtVerify(await sign('access'), keySet)).payload).toEqual({ sub: 'bob' });
    await expect(jwtVerify(await sign('refresh'), keySet)).rejects.toThrow('no applicable key');
  });
});

describe.each(['fib', 'xerial'])('%s: a key set', (contract) => {
  const contracts = new Map([[contract, algorithms.get(contract) ?? 'EdDSA']]);
  const claims = { sub: 'bob' };

  test('a retired key set verifies, repeats and stays published, but signs no new token', async () => {
    const { store, setState } = place();
    const before = await openSigner(store, contracts);
    const id = before.activeKeyId(contract);
    const tokens = await both(before, id);
    setState(id, 'retired');

    const after = await openSigner(store, contracts);
    expect(after.activeKeyId(contract)).not.toBe(id);
    expect(await both(after, id)).toEqual(tokens);
    expect(await after.verify(contract, 'access', tokens[0])).toEqual(claims);
    expect(await after.verify(contract, 'refresh', tokens[1])).toEqual(claims);
    expect((await both(after, after.activeKeyId(contract)))[0]).not.toBe(tokens[0]);
    expect(after.jwks(contract).keys).toHaveLength(contract === 'fib' ? 2 : 0);
    expect(after.jwks(contract).keys).toEqual(expect.arrayContaining([...before.jwks(contract).keys]));
  });

  test('a next key set is published, and does not sign yet', async () => {
    const { store, setState, keySets } = place();
    const first = (await openSigner(store, contracts)).activeKeyId(contract);
    setState(first, 'next');
    const now = (await openSigner(store, contracts)).activeKeyId(contract);
    const signer = await openSigner(store, contracts);
    expect((await keySets()).map(({ state }) => state).sort()).toEqual(['active', 'next']);
    expect([signer.activeKeyId(contract), now === first]).toEqual([now, false]);
    const [, token] = await both(signer, first);
    expect(await signer.verify(contract, 'refresh', token)).toEqual(claims);
    expect(signer.jwks(contract).keys).toHaveLength(contract === 'fib' ? 2 : 0);
  });

  test('a removed key set neither verifies nor signs', async () => {
    const { store, remove } = place();
    const before = await openSigner(store, contracts);
    const id = before.activeKeyId(contract);
    const [, token] = await both(before, id);
    remove(id);
    const after = await openSigner(store, contracts);
    expect(await after.verify(contract, 'refresh', token)).toBeUndefined();
    await expect(both(after, id)).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  test('a key set does not sign for another contract', async () => {
    const { store } = place();
    const signer = await openSigner(store);
    const other = contract === 'fib' ? 'orillion' : 'cloudreve';
    await expect(signer.sign(contract, 'refresh', signer.activeKeyId(other), claims)).rejects.toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });

  async function both(signer: Awaited<ReturnType<typeof openSigner>>, id: string): Promise<[string, string]> {
    return [await signer.sign(contract, 'access', id, claims), await signer.sign(contract, 'refresh', id, claims)];
  }
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
