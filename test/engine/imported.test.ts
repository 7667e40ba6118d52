// Tokens of another server, with a real SQLite file and signer: an imported token is refreshed like any other from
// generation 0, and every other token of that server is refused.
import {
  createHash,
  createHmac,
  generateKeyPairSync,
  randomUUID,
  sign as signBytes,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import { signingInputHash } from '../../src/engine/claims.ts';
import { createSigner } from '../../src/signer/signer.ts';
import { claimsOf, segment, withSegment } from '../shared/tokens.ts';
import { granted, openEngine, type RealEngine, type RealEngineOptions } from './real-engine.ts';

const secret = 'the secret that the original server signed with';
const strange = 'a secret that was never imported anywhere';
const now = 1_700_000_000;

interface Original {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: string | KeyObject;
}

/** A token in the form of another server, without `sid`, `gen` and `kid`. */
function original({ claims = {}, header = {}, key = secret }: Original = {}): string {
  const alg = typeof key === 'string' ? 'HS256' : 'EdDSA';
  const all = { sub: 'bob', iat: now - 500, exp: now + 1_000, ...claims };
  const input = `${segment({ alg, typ: 'JWT', ...header })}.${segment(all)}`;
  const signature = typeof key === 'string' ? hmacOf(input, key) : signBytes(null, Buffer.from(input), key);
  return `${input}.${signature.toString('base64url')}`;
}

function hmacOf(input: string, key: string): Buffer {
  return createHmac('sha256', key).update(input).digest();
}

interface Imported extends RealEngine {
  /** Imports a token for a new session of bob, which lives for 5000 s. */
  readonly take: (token: string, contract?: string) => Promise<string>;
}

async function open(options: RealEngineOptions = {}, legacyKey: string = secret): Promise<Imported> {
  const real = await openEngine({ contract: 'xerial', ...options });
  const { contract, settings } = real.parts;
  await real.signer.keys.importLegacy(contract, legacyKey);
  await real.store.putSubject('bob', { email: undefined, account: undefined, role: 'ADMIN' });
  const take = async (token: string, of = contract): Promise<string> => {
    const id = randomUUID();
    const results = await real.store.importRows(
      [
        {
          kind: 'session',
          ...{ id, contract: of, policy: settings.policy, subjectId: 'bob', label: undefined },
          keyId: real.signer.activeKeyId(contract),
          ...{ createdAt: now - 500, expiresAt: now + 4_500 },
          ...{ tokenHash: signingInputHash(token), tokenExpiresAt: now + 1_000 },
        },
      ],
      false,
    );
    expect(results).toEqual(['added']);
    return id;
  };
  return { ...real, take };
}

const refused = (refusal: string) => ({ kind: 'refused', refusal });

describe('an imported token', () => {
  test('an imported token is rotated to generation 1 of its session', async () => {
    const { engine, take, store, events } = await open();
    const token = original();
    const sid = await take(token);
    const { refresh } = await granted(engine, token);
    expect(claimsOf(refresh.token)).toMatchObject({ sid, gen: 1, sub: 'bob', iat: now });
    expect((await store.read(sid)).session).toMatchObject({ generation: 1, rotatedAt: now });
    expect(events).toEqual([
      { type: 'refreshed', contract: 'xerial', requestId: 'request', sessionId: sid, by: 'rotation' },
    ]);
    const next = await granted(engine, refresh.token);
    expect(claimsOf(next.refresh.token)).toMatchObject({ sid, gen: 2 });
  });

  test('an imported token gets the same bytes within the grace period, then is reuse', async () => {
    const { engine, take, clock, store } = await open();
    const token = original();
    const sid = await take(token);
    const first = await granted(engine, token);
    clock.now += 59;
    expect((await granted(engine, token)).refresh).toEqual(first.refresh);
    clock.now += 1;
    expect(await engine.refresh(token, 'r')).toEqual(refused('reused_token'));
    expect((await store.read(sid)).session?.revokedReason).toBe('reused_token');
    expect(await engine.refresh(first.refresh.token, 'r')).toEqual(refused('revoked_session'));
  });

  test('an imported token of two generations ago is reuse, even within the grace period', async () => {
    const { engine, take } = await open();
    const token = original();
    await take(token);
    await granted(engine, (await granted(engine, token)).refresh.token);
    expect(await engine.refresh(token, 'r')).toEqual(refused('reused_token'));
  });

  test('an imported token of a reusable session stays valid', async () => {
    const { engine, take, clock } = await open({ contract: 'cloudreve' });
    const token = original({ claims: { token_type: 'refresh', nbf: now - 500, state_hash: 'x' } });
    await take(token);
    await granted(engine, token);
    clock.now += 500;
    expect(claimsOf((await granted(engine, token)).refresh.token)).toMatchObject({ gen: 2 });
  });

  test('an imported token of a static session is its token until it expires', async () => {
    const { engine, take, clock, store } = await open({ contract: 'kirjaswappi' });
    const token = original();
    const sid = await take(token);
    for (let times = 0; times < 3; times += 1) {
      const { access, refresh } = await granted(engine, token);
      expect(refresh).toEqual({ token, expiresAt: now + 1_000 });
      expect(claimsOf(access.token)).toMatchObject({ sid, sub: 'bob', role: 'ADMIN' });
      clock.now += 300;
    }
    expect((await store.read(sid)).session?.generation).toBe(0);
    clock.now = now + 1_000;
    expect(await engine.refresh(token, 'r')).toEqual(refused('invalid_token'));
  });

  test('an imported Ed25519 token is verified by the public key alone', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const { engine, take } = await open({ contract: 'fib' }, pem);
    const token = original({ key: privateKey, claims: { acjti: 'x', iat: undefined } });
    const sid = await take(token);
    expect(claimsOf((await granted(engine, token)).refresh.token)).toMatchObject({ sid, gen: 1 });
  });

  test('an imported token is verified by the key of its kid, or without one by any', async () => {
    const { engine, take, signer } = await open();
    const other = 'another secret of the original, from before that one';
    const k = Buffer.from(other).toString('base64url');
    await signer.keys.importLegacy('xerial', JSON.stringify({ kty: 'oct', k, kid: 'theirs' }));
    for (const token of [
      original({ key: other, header: { kid: 'theirs' } }),
      original({ key: other, header: { typ: undefined } }),
      original({ header: { kid: 'some other' } }),
    ]) {
      await take(token);
      await granted(engine, token);
    }
    // The signed bytes were imported, but another key than the named one signed them.
    const misnamed = original({ header: { kid: 'theirs' } });
    expect(await engine.refresh(misnamed, 'r')).toEqual(refused('invalid_token'));
  });

  test('an imported token has one successor if ten requests present it at once', async () => {
    const one = await open();
    const token = original();
    const sid = await one.take(token);
    const grants = await Promise.all(Array.from({ length: 10 }, () => granted(one.engine, token)));
    expect(new Set(grants.map(({ refresh }) => refresh.token)).size).toBe(1);
    expect((await one.store.read(sid)).session?.generation).toBe(1);
  });

  test.for<[name: string, change: (real: Imported, sid: string) => Promise<unknown>, refusal: string]>([
    ['its session was revoked', ({ store }, sid) => store.revoke(sid, 'requested'), 'revoked_session'],
    ['its subject is disabled', ({ store }) => store.disableSubject('bob'), 'disabled_subject'],
    ['its subject is gone', ({ store }) => store.deleteSubject('bob'), 'missing_subject'],
    ['its subject has new credentials', ({ store }) => store.changeCredentials('bob'), 'stale_subject'],
    ['the legacy key was removed', ({ signer }) => removeLegacy(signer), 'invalid_token'],
    ['the keys of the contract were compromised', ({ signer }) => signer.keys.compromise('xerial'), 'invalid_token'],
  ])('an imported token is refused if %s', async ([, change, refusal]) => {
    const real = await open();
    const token = original();
    const sid = await real.take(token);
    await change(real, sid);
    expect(await real.engine.refresh(token, 'r')).toEqual(refused(refusal));
  });

  test('an imported token is refused from its exp, before its nbf and after its session', async () => {
    const { engine, take, clock, store } = await open();
    const [token, early, over] = [
      original(),
      original({ claims: { nbf: now + 9.5 } }),
      original({ claims: { jti: 'x' } }),
    ];
    await take(token);
    await take(early);
    const sid = await take(over);
    clock.now = now + 9;
    expect(await engine.refresh(early, 'r')).toEqual(refused('invalid_token'));
    clock.now = now + 10;
    await granted(engine, early);
    const { refresh } = await granted(engine, over);
    clock.now = now + 1_000;
    expect(await engine.refresh(token, 'r')).toEqual(refused('invalid_token'));
    expect(claimsOf(refresh.token)['exp'], 'no token outlives the session').toBe(now + 4_500);
    clock.now = now + 4_500;
    expect((await store.read(sid)).session?.generation).toBe(1);
    expect(await engine.refresh(refresh.token, 'r')).toEqual(refused('invalid_token'));
  });
});

test('signingInputHash() is the SHA-256 of the signing input (RFC 7515 §5.1)', () => {
  const hash = createHash('sha256').update('header.payload').digest('hex');
  expect(signingInputHash('header.payload.signature')).toBe(hash);
  expect(signingInputHash('header.payload.another')).toBe(hash);
});

describe('a token of another server that was not imported', () => {
  test('a token that was not imported is unprocessable despite a valid signature', async () => {
    const { engine, take, store } = await open();
    await take(original());
    const sid = (await store.listSessions({}))[0]?.id;
    for (const claims of [{ jti: 'x' }, { sid, gen: 0 }, { sid, gen: 1, jti: 'x' }]) {
      expect(await engine.refresh(original({ claims }), 'r')).toEqual(refused('unprocessable_token'));
    }
  });

  test('a token that was imported for another contract is unprocessable', async () => {
    const { engine, take } = await open();
    const token = original();
    await take(token, 'cloudreve');
    expect(await engine.refresh(token, 'r')).toEqual(refused('unprocessable_token'));
  });
});

describe('what no legacy key of the contract verifies never reaches the store', () => {
  test('a token that no legacy key verifies never reaches the store', async () => {
    const real = await open();
    const cloudreve = await open({ contract: 'cloudreve', beside: real }, strange);
    const token = original();
    await real.take(token);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const { privateKey } = generateKeyPairSync('ed25519');
    // Imported nevertheless, as by a deceived operator.
    const taken = [
      original({ key: privateKey }),
      original({ header: { alg: 'none' } }),
      original({ header: { alg: 'HS512' } }),
      original({ header: { crit: ['exp'] } }),
      original({ header: { jwk: { kty: 'oct', k: 'eA' } } }),
      original({ header: { kid: 7 } }),
    ];
    for (const each of taken) await real.take(each);
    const forged = [
      ...taken,
      original({ key: strange }),
      `${segment({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      withSegment(token, 2, hmacOf(`${header}.${payload}`, strange).toString('base64url')),
      withSegment(token, 2, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)),
      withSegment(token, 1, segment({ sub: 'mallory', exp: now + 1_000 })),
      `${token}=`,
      ` ${token}`,
    ];
    const reached: string[] = [];
    const store = new Proxy(real.parts.store, {
      get: (target, name, receiver) => {
        reached.push(String(name));
        return Reflect.get(target, name, receiver) as unknown;
      },
    });
    const engine = createEngine({ ...real.parts, store });
    for (const each of forged) expect(await engine.refresh(each, 'r'), each).toEqual(refused('invalid_token'));
    expect(reached).toEqual([]);
    expect(await cloudreve.engine.refresh(token, 'r')).toEqual(refused('invalid_token'));
    await granted(engine, token);
  });

  test('a contract without a legacy key refuses a token of another server', async () => {
    const { engine } = await openEngine({ contract: 'xerial' });
    expect(await engine.refresh(original(), 'r')).toEqual(refused('invalid_token'));
  });
});

describe('a legacy key', () => {
  test('a legacy key signs nothing, is not in the JWKS and is listed by its kid alone', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const { signer } = await open(
      { contract: 'fib' },
      JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'k' }),
    );
    const legacy = (await signer.keys.list()).find(({ state }) => state === 'legacy');
    expect(legacy).toMatchObject({ contract: 'fib', accessKid: undefined, refreshKid: 'k' });
    expect(signer.jwks('fib').keys).toHaveLength(1);
    await expect(signer.sign('fib', 'refresh', legacy?.id ?? '', {})).rejects.toThrow(/is not loaded/);
  });

  test('a legacy key may be the access key; an access token is still no refresh token', async () => {
    const { engine, signer, signIn, take } = await open();
    await signer.keys.import('xerial', { access: secret });
    await signer.keys.rotate('xerial', false);
    const { grant } = await signIn();
    expect(await engine.refresh(grant.access.token, 'r')).toEqual(refused('invalid_token'));
    const token = original();
    await take(token);
    await granted(engine, token);
  });

  test.for<[name: string, key: string, sentence: RegExp]>([
    ['twice', secret, /^xerial has this legacy key already\.$/],
    ['too short', 'short', /^The secret has 5 bytes; HS256 needs at least 32\.$/],
    ['of another kind', '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----', /^The contract signs with HS256/],
  ])('a legacy key is refused %s, in a sentence that does not contain it', async ([, key, sentence]) => {
    const { signer } = await open();
    await expect(signer.keys.importLegacy('xerial', key)).rejects.toThrow(sentence);
  });

  test('a legacy key of one contract cannot be a key of another', async () => {
    const { signer, store } = await bothContracts();
    const sentence = 'A key of xerial is also a legacy key of cloudreve; use a separate key for each.';
    await signer.keys.importLegacy('xerial', secret);
    await expect(signer.keys.importLegacy('cloudreve', secret)).rejects.toThrow(sentence);
    await expect(signer.keys.import('cloudreve', { access: secret })).rejects.toThrow(
      'A key of cloudreve is also a legacy key of xerial; use a separate key for each.',
    );
    await signer.keys.import('xerial', { access: secret });
    expect((await store.readKeySets()).filter(({ state }) => state === 'legacy')).toHaveLength(1);
  });

  test('a new legacy key is used by another process after a reload', async () => {
    const one = await openEngine({ contract: 'xerial' });
    const other = await openEngine({ contract: 'xerial', beside: one });
    await one.signer.keys.importLegacy('xerial', secret);
    expect(await other.engine.refresh(original(), 'r')).toEqual(refused('invalid_token'));
    await other.signer.reload();
    expect(await other.engine.refresh(original(), 'r')).toEqual(refused('unprocessable_token'));
  });

  test('a legacy key is sealed again under a new master secret', async () => {
    const { store, folder } = await open();
    const previous = readFileSync(join(folder, 'master.key'), 'utf8').trim();
    const anew = { secret: 'a fresh master secret of forty characters', file: 'not used' };
    const algorithms = new Map([['xerial', 'HS256']] as const);
    await createSigner(store, { ...anew, previous }, algorithms);
    const signer = await createSigner(store, anew, algorithms);
    expect(await signer.verifyLegacy('xerial', original())).toMatchObject({ sub: 'bob' });
  });
});

async function removeLegacy(signer: RealEngine['signer']): Promise<void> {
  const legacy = (await signer.keys.list()).find(({ state }) => state === 'legacy');
  await expect(signer.keys.remove(legacy?.id ?? '', undefined, () => 0, false)).rejects.toThrow(
    /\(active sessions: 1\)/,
  );
  await signer.keys.remove(legacy?.id ?? '', undefined, () => 0, true);
}

/** A signer of two contracts with secrets. */
async function bothContracts() {
  const { store, folder } = await openEngine({ contract: 'xerial' });
  const algorithms = new Map([
    ['xerial', 'HS256'],
    ['cloudreve', 'HS256'],
  ] as const);
  const signer = await createSigner(store, { secret: undefined, file: join(folder, 'master.key') }, algorithms);
  return { store, signer };
}
