// Claims: read from presented tokens, and derived from rows.
import { describe, expect, test } from 'vitest';
import cloudreve from '../../src/contracts/cloudreve.ts';
import fib from '../../src/contracts/fib.ts';
import kirjaswappi from '../../src/contracts/kirjaswappi.ts';
import orillion from '../../src/contracts/orillion.ts';
import type { Contract } from '../../src/contracts/shared/contract.ts';
import xerial from '../../src/contracts/xerial.ts';
import {
  deriveAccess,
  derivePair,
  readPresentedClaims,
  refreshTokenId,
  type Claims,
  type PairClaims,
} from '../../src/engine/claims.ts';
import { resolveSettings } from '../../src/engine/policy.ts';
import type { Session, Subject } from '../../src/engine/session.ts';
import { readPublished } from '../openapi/published/read.ts';
import { claimsOf, headerOf } from '../shared/tokens.ts';
import { session, subject } from './rows.ts';

const contracts: Readonly<Record<string, Contract>> = { fib, orillion, xerial, kirjaswappi, cloudreve };

/** Derives the claims of the default row with the given changes. */
function derive(
  name: string,
  { row = {}, owner = {}, issuedAt }: { row?: Partial<Session>; owner?: Partial<Subject>; issuedAt?: number } = {},
): PairClaims {
  const contract = contracts[name];
  if (contract === undefined) throw new Error(`no contract ${name}`);
  const changed = { ...session, contract: name, ...row };
  const settings = resolveSettings(name, contract.defaults, {});
  const of = [contract.profile, settings, changed, { ...subject, ...owner }] as const;
  const pair = derivePair(...of);
  // A renewal has a new access token with its own time, and the same refresh token.
  return issuedAt === undefined ? pair : { ...pair, access: deriveAccess(...of, issuedAt) };
}

describe('readPresentedClaims()', () => {
  const claims = { sub: 'bob', sid: 'a', gen: 3, jti: 'b', iat: 10, exp: 20, nbf: 10, type: 'refresh' };
  const readText = (json: string) => readPresentedClaims(JSON.parse(json) as Claims, ['type', 'acjti']);
  // Undefined members are not written.
  const read = (members: object) => readText(JSON.stringify(members));

  test('readPresentedClaims() returns the claims of the refresh rule and no others', () => {
    const deciding = { sid: 'a', gen: 3, jti: 'b', iat: 10, exp: 20, nbf: 10 };
    expect(read({ ...claims, role: 'ADMIN', aud: ['x'] })).toEqual(deciding);
  });

  test('readPresentedClaims() accepts claims without nbf and strings of the contract', () => {
    const deciding = { sid: 'a', gen: 3, jti: 'b', iat: 10, exp: 20, nbf: undefined };
    expect(read({ ...claims, nbf: undefined, type: undefined })).toEqual(deciding);
  });

  test.each(['sid', 'gen', 'sub', 'jti', 'iat', 'exp'])('readPresentedClaims() refuses claims without %s', (name) => {
    expect(read({ ...claims, [name]: undefined })).toBeUndefined();
  });

  test('readPresentedClaims() ignores nested claims', () => {
    const { sid, ...others } = claims;
    expect(readText(JSON.stringify(others).replace('{', `{"__proto__":{"sid":"${sid}"},`))).toBeUndefined();
  });

  const strings = ['sid', 'sub', 'jti', 'type', 'acjti'];
  const counts = ['gen', 'iat', 'exp', 'nbf'];
  const notStrings = ['null', '1', 'true', '[]', '["a"]', '{}'];
  // JSON writes infinity as 1e999 and NaN as null.
  const notWhole = ['null', '"1"', '""', 'true', '[]', '[1]', '{}', '-1', '0.5', '1e999', '-1e999'];
  const tooLarge = ['9007199254740992', '9007199254740991'];
  test.each([
    ...strings.flatMap((name) => notStrings.map((json) => ({ name, json }))),
    ...counts.flatMap((name) => [...notWhole, ...tooLarge].map((json) => ({ name, json }))),
  ])('readPresentedClaims() refuses $json as $name', ({ name, json }) => {
    const others = JSON.stringify({ ...claims, [name]: undefined });
    expect(readText(others.replace('{', `{"${name}":${json},`))).toBeUndefined();
  });

  test.each(counts)('readPresentedClaims() accepts 0 and the largest countable number as %s', (name) => {
    for (const count of [0, Number.MAX_SAFE_INTEGER - 1]) {
      expect(read({ ...claims, [name]: count })).toMatchObject({ [name]: count });
    }
  });

  test('readPresentedClaims() accepts empty strings', () => {
    expect(read({ ...claims, sid: '', sub: '', jti: '' })).toMatchObject({ sid: '', jti: '' });
  });
});

describe('a token is a function of its row', () => {
  test('the same session row gives the same claims', () => {
    for (const name of Object.keys(contracts)) expect(derive(name)).toEqual(derive(name));
  });

  // Computed with sha256sum. Another derivation would invalidate every active token.
  test('the jti of a token is the version 8 UUID that earlier releases derived', () => {
    const { access, refresh } = derive('fib');
    expect(refresh.claims['jti']).toBe('d0c285d7-0c8a-8a1f-8d98-e46cff31dafb');
    expect(access.claims['jti']).toBe('30e63c30-1ed5-8556-abaf-aaf2b78365d5');
    expect(refreshTokenId(session)).toBe(refresh.claims['jti']);
  });

  test('every jti is a version 8 UUID of the variant of RFC 9562', () => {
    for (let generation = 0; generation < 200; generation += 1) {
      const { access, refresh } = derive('xerial', { row: { generation } });
      for (const { jti } of [access.claims, refresh.claims] as { jti?: unknown }[]) {
        expect(jti).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }
    }
  });

  test.each<[string, Parameters<typeof derive>[1], access: boolean, refresh: boolean]>([
    ['another session', { row: { id: 'another' } }, true, true],
    ['another generation', { row: { generation: 6 } }, true, true],
    ['another time of rotation', { row: { rotatedAt: 10_001 } }, true, true],
    ['another role', { owner: { role: 'ROLE_USER' } }, true, false],
    ['another e-mail address', { owner: { email: 'rob@mail.com' } }, true, false],
    ['a renewal later on', { issuedAt: 10_001 }, true, false],
    ['another time of issue, label or key', { row: { createdAt: 1, label: 'x', keyId: 'second' } }, false, false],
    ['a revocation', { row: { revokedAt: 11_000, revokedReason: 'requested' } }, false, false],
  ])('%s: new access jti %s, new refresh jti %s', (_name, change, newAccess, newRefresh) => {
    const [before, after] = [derive('fib'), derive('fib', change)];
    expect(after.access.claims['jti'] !== before.access.claims['jti']).toBe(newAccess);
    expect(after.refresh.claims['jti'] !== before.refresh.claims['jti']).toBe(newRefresh);
  });

  test('the two tokens of a pair have different jti', () => {
    const { access, refresh } = derive('kirjaswappi');
    expect(access.claims['jti']).not.toBe(refresh.claims['jti']);
  });

  test('the acjti of a refresh token is the jti of its access token (fib, orillion)', () => {
    for (const name of ['fib', 'orillion']) {
      const { access, refresh } = derive(name);
      expect(refresh.claims['acjti']).toBe(access.claims['jti']);
    }
  });
});

describe('lifetimes', () => {
  const lifetimes = {
    fib: [300, 86_400],
    orillion: [300, 86_400],
    xerial: [1_800, 2_592_000],
    kirjaswappi: [300, 604_800],
    cloudreve: [3_600, 15_552_000],
  };

  test.each(Object.entries(lifetimes))(
    'lifetimes of %s are counted from the rotation: %j',
    (name, [access, refresh]) => {
      const pair = derive(name, { row: { expiresAt: 100_000_000 } });
      expect([pair.access.expiresAt - 10_000, pair.refresh.expiresAt - 10_000]).toEqual([access, refresh]);
    },
  );

  test.each(Object.keys(contracts))('%s: no token outlives its session, and exp (RFC 7519 §4.1.4) says so', (name) => {
    for (const expiresAt of [10_001, 10_250, 100_000_000]) {
      const { access, refresh } = derive(name, { row: { expiresAt } });
      expect(access.expiresAt).toBeLessThanOrEqual(expiresAt);
      expect(refresh.expiresAt).toBeLessThanOrEqual(expiresAt);
      expect([access.claims['exp'], refresh.claims['exp']]).toEqual([access.expiresAt, refresh.expiresAt]);
    }
    expect(derive(name, { row: { expiresAt: 10_250 } })).toMatchObject({
      access: { expiresAt: 10_250 },
      refresh: { expiresAt: 10_250 },
    });
  });

  test('a static session renews its access token and keeps its refresh token', () => {
    const issued = derive('kirjaswappi');
    const renewed = derive('kirjaswappi', { issuedAt: 10_500 });
    expect(renewed.access.claims).toMatchObject({ iat: 10_500, exp: 10_800 });
    expect(renewed.refresh).toEqual(issued.refresh);
  });
});

describe('the state hash of cloudreve', () => {
  const hashOf = (owner: Partial<Subject>) => derive('cloudreve', { owner }).refresh.claims['state_hash'];

  test('the state hash of cloudreve is SHA-256 of subject id and credential version', () => {
    expect(hashOf({})).toBe('x47Hhf55GtlHlRLnPRGylIV4rnShCg5poa0tdJy/aIQ=');
  });

  test.each<[string, Partial<Subject>]>([
    ['the credentials', { credentialVersion: 'another' }],
    ['the subject', { id: 'rob' }],
  ])('the state hash of cloudreve changes with %s', (_name, owner) => {
    expect(hashOf(owner)).not.toBe(hashOf({}));
  });

  test('the state hash of cloudreve ignores the other details of a subject', () => {
    expect(hashOf({ email: 'rob@mail.com', account: undefined, role: 'x', disabledAt: 1 })).toBe(hashOf({}));
  });
});

describe('the claims of each contract, in their order', () => {
  test.each([
    ['fib', 'acc sub role exp jti sid', 'sub acjti exp jti iat sid gen'],
    ['orillion', 'acc sub role exp jti sid', 'sub acjti exp jti iat sid gen'],
    ['xerial', 'sub iat exp type jti sid', 'sub iat exp type jti sid gen'],
    ['kirjaswappi', 'sub role iat exp jti sid', 'sub iat exp jti sid gen'],
    ['cloudreve', 'token_type sub exp nbf jti sid', 'token_type sub exp nbf state_hash jti iat sid gen'],
  ])('the claims of %s have their documented order: %s · %s', (name, access, refresh) => {
    const pair = derive(name);
    expect(Object.keys(pair.access.claims).join(' ')).toBe(access);
    expect(Object.keys(pair.refresh.claims).join(' ')).toBe(refresh);
  });

  const published = Object.keys(contracts).flatMap((name) =>
    [...new Set(readPublished(name).text.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g))].map((token) => ({ name, token })),
  );

  test('the published documents have eight tokens', () => {
    expect(published.map(({ name }) => name)).toEqual(
      'fib fib orillion orillion xerial cloudreve cloudreve cloudreve'.split(' '),
    );
  });

  test.each(published)('$name: a published token has our algorithm, and our first claims', ({ name, token }) => {
    const { access, refresh } = derive(name);
    const example = claimsOf(token);
    const names = Object.keys(example);
    const ours = [access.claims, refresh.claims].find(
      (claims) => Object.keys(claims).slice(0, names.length).join() === names.join(),
    );
    expect(typesOf(example)).toEqual(typesOf(Object.fromEntries(Object.entries(ours ?? {}).slice(0, names.length))));
    expect(headerOf(token)).toEqual({ typ: 'JWT', alg: contracts[name]?.profile.algorithm });
  });

  test('the published tokens have the same lifetimes as ours', () => {
    const lived = published.flatMap(({ token }) => {
      const { iat, nbf, exp } = claimsOf(token);
      return typeof exp === 'number' && typeof (iat ?? nbf) === 'number' ? [exp - Number(iat ?? nbf)] : [];
    });
    // xerial's one token; cloudreve's two pairs, of which the access token of one is published.
    expect(lived).toEqual([1_800, 15_552_000, 3_600, 15_552_000]);
    // Tokens of fib and orillion have no time of issue; both tokens of a pair have the same one.
    const [access, refresh] = published.map(({ token }) => Number(claimsOf(token)['exp']));
    expect(Number(refresh) - Number(access)).toBe(86_400 - 300);
  });

  function typesOf(claims: Claims): Record<string, string> {
    return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, typeof value]));
  }

  test.each<[string, Partial<Subject>, Claims]>([
    ['fib', {}, { acc: 'bob@admin', sub: 'bob@mail.com', role: 'ROLE_ADMIN' }],
    ['fib', { email: undefined, account: undefined, role: undefined }, { acc: 'bob', sub: 'bob', role: 'ROLE_USER' }],
    ['kirjaswappi', { role: undefined }, { sub: 'bob', role: 'USER' }],
    ['xerial', {}, { sub: 'bob', type: 'access' }],
    ['cloudreve', {}, { sub: 'bob', token_type: 'access', nbf: 10_000 }],
  ])('the access token of %s for a subject with %j has %j', (name, owner, expected) => {
    expect(derive(name, { owner }).access.claims).toMatchObject(expected);
  });
});
