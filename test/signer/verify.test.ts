// Accepted tokens have one spelling and a signature of the key that their `kid` names, for this contract and use. The table
// of hostile tokens signs wrong forms with the real key, so that only the form can be the reason of a refusal.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import type { PublishingSigner } from '../../src/signer/signer.ts';
import { claimedTokens, forgedTokens, type HostileToken, type Victim } from '../shared/hostile-tokens.ts';
import { createKey, ownKeyOf, type OwnKey } from '../shared/hostile/keys.ts';
import { seeded } from '../shared/random.ts';
import { algorithms, keysOf, openSigner, openStore, type Unsealed } from './real-signer.ts';

const claims = { sub: 'bob', sid: 'a', gen: 0, jti: 'b', iat: 10, exp: 20, text: 'ÿ🚀' };

let store: Store;
let signer: PublishingSigner;
let keys: ReadonlyMap<string, Unsealed>;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'refract-test-'));
  store = openStore(folder);
  signer = await openSigner(store);
  keys = await keysOf(store);
  return async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
});

describe('signing', () => {
  test.each([...algorithms])('%s: signing returns a compact JWS with three header members', async (contract, alg) => {
    const token = await signRefresh(contract);
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
    expect(header).toBe(JSON.stringify({ typ: 'JWT', alg, kid: keyFor(contract).kid }));
    expect(await signer.verify(contract, 'refresh', token)).toEqual(claims);
  });

  test.each([...algorithms.keys()])(
    '%s: signing the same claims returns the same bytes in every process',
    async (contract) => {
      const another = await openSigner(store);
      const tokens = await Promise.all(
        [signer, signer, another].map((each) => each.sign(contract, 'refresh', each.activeKeyId(contract), claims)),
      );
      expect(new Set(tokens).size).toBe(1);
    },
  );

  test.each([...algorithms.keys()])('%s: another library verifies the signature', async (contract) => {
    const token = await signRefresh(contract);
    expect(token).toBe(keyFor(contract).seal(token.slice(0, token.lastIndexOf('.'))));
  });
});

test('a token is valid for its own contract and use alone', async () => {
  const places = [...algorithms.keys()].flatMap((contract) =>
    (['access', 'refresh'] as const).map((use) => ({ contract, use })),
  );
  const passed = [];
  for (const from of places) {
    const token = await signer.sign(from.contract, from.use, signer.activeKeyId(from.contract), claims);
    for (const to of places) {
      if ((await signer.verify(to.contract, to.use, token)) !== undefined) passed.push({ from, to });
    }
  }
  expect(passed).toEqual(places.map((place) => ({ from: place, to: place })));
});

describe.each(['fib', 'xerial'] as const)('%s: a token', (contract) => {
  test.each<[string, (json: string) => string]>([
    ['put together by hand', (json) => json],
    ['with stray bits that are zero', (json) => (json.length % 3 === 0 ? json.replace('{', '{ ') : json)],
  ])('a token %s is accepted', async (_name, write) => {
    const { kid, sign } = keyFor(contract);
    const header = write(JSON.stringify({ typ: 'JWT', alg: algorithms.get(contract), kid }));
    expect(await signer.verify(contract, 'refresh', sign(header, write(JSON.stringify(claims))))).toEqual(claims);
  });

  test('a forged token is refused', async () => {
    const all = await Promise.all((['fib', 'orillion', 'xerial', 'cloudreve'] as const).map(victimOf));
    const victim = await victimOf(contract);
    const listener = 'http://127.0.0.1:9';
    const tokens = forgedTokens({ victim, all, listener, random: seeded(1), altered: 500 });
    expect(tokens.length).toBeGreaterThan(2_000);
    const passed = await Promise.all(tokens.map(async (one) => ((await verified(contract, one)) ? [one] : [])));
    expect(passed.flat()).toEqual([]);
  });

  test('a token with a valid signature but no JSON object as payload has no claims', async () => {
    const tokens = claimedTokens(await victimOf(contract)).filter(({ what }) => what === 'no claims');
    expect(tokens.length).toBeGreaterThan(10);
    for (const one of tokens) expect((await verified(contract, one))?.['sub'] ?? 'none', one.token).toBe('none');
    for (const one of tokens) expect(await verified(contract, one), one.token).toBeDefined();
  });
});

function verified(contract: string, { token }: HostileToken) {
  return signer.verify(contract, 'refresh', token);
}

async function victimOf(contract: 'fib' | 'orillion' | 'xerial' | 'cloudreve'): Promise<Victim> {
  const found = keysFor(contract);
  const legacy = createKey(algorithms.get(contract) ?? 'EdDSA');
  const sign = (use: 'access' | 'refresh', more: object): Promise<string> =>
    signer.sign(contract, use, signer.activeKeyId(contract), { ...claims, ...more });
  return {
    contract,
    refreshToken: await sign('refresh', {}),
    siblings: [await sign('refresh', { sid: 'c' }), await sign('refresh', { gen: 7 })],
    accessToken: await sign('access', {}),
    keys: { access: ownKeyOf({ ...found.access }), refresh: keyFor(contract), legacy },
    jwks: JSON.stringify(signer.jwks(contract)),
  };
}

function keysFor(contract: string): Unsealed {
  const found = keys.get(contract);
  if (found === undefined) throw new Error(`no keys of ${contract}`);
  return found;
}

function keyFor(contract: string): OwnKey {
  return ownKeyOf({ ...keysFor(contract).refresh });
}

function signRefresh(contract: string): Promise<string> {
  return signer.sign(contract, 'refresh', signer.activeKeyId(contract), claims);
}
