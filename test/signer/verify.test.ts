// What passes for a token of ours: one spelling, signed by the key that its `kid` names, for this contract and use.
// Whatever can be is signed with the real key, so that it is the form alone that is refused.
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import type { PublishingSigner } from '../../src/signer/signer.ts';
import { headerOf, respelled, segment, withSegment } from '../shared/tokens.ts';
import { algorithms, keysOf, openSigner, openStore, signatureOver, type Unsealed } from './real-signer.ts';

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
  test.each([...algorithms])(
    '%s: gives a compact JWS (RFC 7515 §7.1) with the three header members we write',
    async (contract, alg) => {
      const token = await signRefresh(contract);
      expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
      expect(header).toBe(JSON.stringify({ typ: 'JWT', alg, kid: refreshKey(contract).kid }));
      expect(await signer.verify(contract, 'refresh', token)).toEqual(claims);
    },
  );

  test.each([...algorithms.keys()])('%s: the same claims give the same bytes, in every process', async (contract) => {
    const another = await openSigner(store);
    const tokens = await Promise.all(
      [signer, signer, another].map((each) => each.sign(contract, 'refresh', each.activeKeyId(contract), claims)),
    );
    expect(new Set(tokens).size).toBe(1);
  });

  test.each([...algorithms.keys()])('%s: another library finds the signature good', async (contract) => {
    const token = await signRefresh(contract);
    const end = token.lastIndexOf('.');
    expect(token.slice(end + 1)).toBe(signatureOver(token.slice(0, end), refreshKey(contract)));
  });
});

test('a token passes for its own contract and use, and for no other', async () => {
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

describe.each(['fib', 'xerial'])('%s: a token', (contract) => {
  /** Signed with the very key that signs this contract's refresh tokens. */
  const signed = (header: string, payload: string): string =>
    `${header}.${payload}.${signatureOver(`${header}.${payload}`, refreshKey(contract))}`;
  const withHeader = (members: object): string => signed(segment({ ...ourHeader(), ...members }), segment(claims));
  const ourHeader = () => ({ typ: 'JWT', alg: algorithms.get(contract), kid: refreshKey(contract).kid });
  const verify = (token: string) => signer.verify(contract, 'refresh', token);

  /** JSON that leaves stray bits in the last character of its base64url, and so could be padded. */
  const unevenly = (value: object): string => {
    const json = JSON.stringify(value);
    return Buffer.from(Buffer.byteLength(json) % 3 === 0 ? json.replace('{', '{ ') : json).toString('base64url');
  };
  const respelledSegment = (text: string): string => respelled(`..${text}`).slice(2);
  const padded = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '=');

  describe('of ours passes', () => {
    test.each<[string, () => string]>([
      ['put together by hand', () => withHeader({})],
      ['with stray bits that are zero', () => signed(unevenly(ourHeader()), unevenly(claims))],
    ])('%s', async (_name, token) => {
      expect(await verify(token())).toEqual(claims);
    });
  });

  describe('with another header is none of ours, though our key signed it', () => {
    const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    test.each<[string, object]>([
      ['alg none (RFC 8725 §2.1)', { alg: 'none' }],
      ['alg None', { alg: 'None' }],
      ['the other algorithm (RFC 8725 §3.1)', { alg: contract === 'fib' ? 'HS256' : 'EdDSA' }],
      ['alg Ed25519', { alg: 'Ed25519' }],
      ['alg HS512', { alg: 'HS512' }],
      ['alg in lower case', { alg: contract === 'fib' ? 'eddsa' : 'hs256' }],
      ['an alg that is no string', { alg: ['EdDSA', 'HS256'] }],
      ['no alg', { alg: undefined }],
      ['no typ', { typ: undefined }],
      ['typ jwt', { typ: 'jwt' }],
      ['typ at+jwt (RFC 9068 §2.1)', { typ: 'at+jwt' }],
      ['typ null', { typ: null }],
      ['no kid', { kid: undefined }],
      ['a kid that is no string', { kid: 1 }],
      ['an empty kid', { kid: '' }],
      ['a kid of nobody', { kid: 'nobody' }],
      ['crit (RFC 7515 §4.1.11)', { crit: ['exp'] }],
      ['an empty crit', { crit: [] }],
      ['jwk (RFC 7515 §4.1.3)', { jwk: publicJwk }],
      ['jku (RFC 7515 §4.1.2)', { jku: 'https://example.org/jwks' }],
      ['x5u (RFC 7515 §4.1.5)', { x5u: 'https://example.org/x5u' }],
      ['x5c (RFC 7515 §4.1.6)', { x5c: ['MIIB'] }],
      ['b64 (RFC 7797)', { b64: true }],
      ['zip', { zip: 'DEF' }],
      ['cty', { cty: 'JWT' }],
      ['a member that means nothing', { more: 1 }],
      ['a member in the place of typ', { typ: undefined, more: 'JWT' }],
    ])('%s', async (_name, members) => {
      expect(await verify(withHeader(members))).toBeUndefined();
    });

    test.each<[string, () => string | Uint8Array]>([
      ['an array', () => JSON.stringify([ourHeader()])],
      ['null', () => 'null'],
      ['a string', () => JSON.stringify(JSON.stringify(ourHeader()))],
      ['an empty object', () => '{}'],
      ['no JSON', () => 'header'],
      ['JSON with more behind it', () => `${JSON.stringify(ourHeader())}x`],
      ['a byte order mark', () => `\ufeff${JSON.stringify(ourHeader())}`],
      ['bytes that are not UTF-8', () => Buffer.from(`${JSON.stringify(ourHeader()).slice(0, -2)}\xff"}`, 'latin1')],
      ['UTF-16', () => Buffer.from(JSON.stringify(ourHeader()), 'utf16le')],
    ])('%s', async (_name, header) => {
      expect(await verify(signed(Buffer.from(header()).toString('base64url'), segment(claims)))).toBeUndefined();
    });

    test('the kid of the access key, or of another contract', async () => {
      const kids = [keysFor(contract).access, refreshKey('orillion'), refreshKey('cloudreve')].map(({ kid }) => kid);
      for (const kid of kids) expect(await verify(withHeader({ kid }))).toBeUndefined();
    });
  });

  describe('in another spelling is none of ours, though it says the same and our key signed it (RFC 4648 §3.5)', () => {
    test('the spellings below differ in nothing but their spelling', () => {
      for (const text of [unevenly(ourHeader()), unevenly(claims)]) {
        for (const other of [respelledSegment(text), padded(text)]) {
          expect(other).not.toBe(text);
          expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(text, 'base64url'));
        }
      }
    });

    test.each<[string, () => string]>([
      ['stray bits in the header', () => signed(respelledSegment(unevenly(ourHeader())), segment(claims))],
      ['stray bits in the payload', () => signed(segment(ourHeader()), respelledSegment(unevenly(claims)))],
      ['stray bits in the signature', () => respelled(withHeader({}))],
      ['a padded header', () => signed(padded(unevenly(ourHeader())), segment(claims))],
      ['a padded payload', () => signed(segment(ourHeader()), padded(unevenly(claims)))],
      ['a padded signature', () => withSegment(withHeader({}), 2, padded(withHeader({}).split('.')[2] ?? ''))],
      ['base64 instead of base64url', () => signed(segment(ourHeader()), withStandardAlphabet(segment(claims)))],
      ['a space in the payload', () => signed(segment(ourHeader()), spaced(segment(claims), ' '))],
      ['a line break in the payload', () => signed(segment(ourHeader()), spaced(segment(claims), '\n'))],
      ['a letter of another script', () => signed(segment(ourHeader()), spaced(segment(claims), 'а'))],
      ['a zero byte', () => signed(segment(ourHeader()), spaced(segment(claims), '\0'))],
      ['an empty payload', () => signed(segment(ourHeader()), '')],
    ])('%s', async (_name, token) => {
      expect(token()).not.toBe(withHeader({}));
      expect(await verify(token())).toBeUndefined();
    });

    test.each<[string, (token: string) => string]>([
      ['nothing', () => ''],
      ['one segment', (token) => token.split('.')[0] ?? ''],
      ['two segments', (token) => token.split('.').slice(0, 2).join('.')],
      ['an unsecured one, with an empty signature (RFC 7519 §6)', (token) => withSegment(token, 2, '')],
      ['an empty header', (token) => withSegment(token, 0, '')],
      ['an empty payload', (token) => withSegment(token, 1, '')],
      ['three empty segments', () => '..'],
      ['an empty fourth segment', (token) => `${token}.`],
      ['an empty segment before', (token) => `.${token}`],
      ['four segments', (token) => `${token}.${token.split('.')[2] ?? ''}`],
      ['five, as a JWE has', (token) => `${token}.a.a`],
      ['a space before', (token) => ` ${token}`],
      ['a space behind', (token) => `${token} `],
      ['a line break behind', (token) => `${token}\n`],
      ['a byte order mark before', (token) => `\ufeff${token}`],
      ['a zero byte behind', (token) => `${token}\0`],
      ['a scheme before', (token) => `Bearer ${token}`],
      ['another dot', (token) => token.replaceAll('.', '．')],
      ['the JSON serialization (RFC 7515 §7.2.2)', (token) => jsonOf(token)],
    ])('%s', async (_name, spell) => {
      expect(await verify(spell(withHeader({})))).toBeUndefined();
    });
  });

  describe('with another signature is none of ours', () => {
    const forged = (header: object, signatureOf: (text: string) => string): string => {
      const text = `${segment(header)}.${segment(claims)}`;
      return `${text}.${signatureOf(text)}`;
    };
    const hmac = (key: string | Uint8Array) => (text: string) =>
      createHmac('sha256', key).update(text).digest('base64url');
    const foreignKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK;

    test.each<[string, () => string]>([
      ['of a foreign Ed25519 key with our kid', () => forged(ourHeader(), (text) => signatureOver(text, foreignKey))],
      ['of a foreign secret with our kid', () => forged(ourHeader(), hmac('x'.repeat(32)))],
      ['of an empty secret', () => forged(ourHeader(), hmac(''))],
      ['of our own access key', () => forged(ourHeader(), (text) => signatureOver(text, keysFor(contract).access))],
      ['of other claims', () => withSegment(withHeader({}), 1, segment({ ...claims, gen: 1 }))],
      [
        'with a bit changed',
        () => withHeader({}).replace(/.(.)$/, (end) => (end.startsWith('A') ? 'B' : 'A') + end.slice(1)),
      ],
      ['one byte short', () => forged(ourHeader(), (text) => shortened(signatureOver(text, refreshKey(contract))))],
      ['one byte long', () => forged(ourHeader(), (text) => lengthened(signatureOver(text, refreshKey(contract))))],
      ['of zeroes', () => forged(ourHeader(), () => Buffer.alloc(contract === 'fib' ? 64 : 32).toString('base64url'))],
      ['none, with alg none', () => forged({ ...ourHeader(), alg: 'none' }, () => '')],
    ])('%s', async (_name, token) => {
      expect(await verify(token())).toBeUndefined();
    });

    // RFC 8725 §2.1: an HMAC under what everybody knows of an asymmetric key.
    const publicForms: readonly (readonly [string, (jwk: JWK) => string | Uint8Array])[] = [
      ['its raw bytes', ({ x = '' }) => Buffer.from(x, 'base64url')],
      ['its base64url', ({ x = '' }) => x],
      ['its JWK', ({ kty, crv, x }) => JSON.stringify({ kty, crv, x })],
      ['its published JWK', () => JSON.stringify(signer.jwks('fib').keys[0])],
      ['its PEM', (jwk) => pemOf(jwk)],
      ['its PEM without the last line break', (jwk) => pemOf(jwk).trimEnd()],
      ['its DER', (jwk) => createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'der' })],
    ];
    test.each(publicForms)('of an HMAC under a public key: %s', async (_name, formOf) => {
      for (const jwk of [keysFor('fib').refresh, keysFor('fib').access]) {
        for (const header of [ourHeader(), { ...ourHeader(), alg: 'HS256' }, { ...ourHeader(), kid: jwk.kid }]) {
          expect(await verify(forged(header, hmac(formOf(jwk))))).toBeUndefined();
        }
      }
    });
  });

  describe('that our key signed over what holds no claims has none: that is for the engine to refuse', () => {
    test.each<[string, string | Uint8Array]>([
      ['an array', '[]'],
      ['null', 'null'],
      ['a string', '"claims"'],
      ['no JSON', 'claims'],
      ['JSON with more behind it', '{}{}'],
      ['bytes that are not UTF-8', Buffer.from('{"sub":"\xff"}', 'latin1')],
      ['a byte order mark', '\ufeff{"sub":"bob"}'],
      ['what is inherited', '{"__proto__":{"sub":"bob"}}'],
    ])('%s', async (_name, payload) => {
      const token = signed(segment(ourHeader()), Buffer.from(payload).toString('base64url'));
      const verified = await verify(token);
      expect(verified).toBeDefined();
      expect(verified?.['sub']).toBeUndefined();
    });
  });
});

test('an Ed25519 signature has one spelling: S + L is refused (RFC 8032 §5.1.7)', async () => {
  const token = await signRefresh('fib');
  const signature = Buffer.from(token.split('.')[2] ?? '', 'base64url');
  // The order of the group, little-endian; S is the second half of the signature.
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
  const moved = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
  const other = Buffer.concat([signature.subarray(0, 32), moved]).toString('base64url');
  expect(await signer.verify('fib', 'refresh', withSegment(token, 2, other))).toBeUndefined();
});

test('the published example tokens, which name no key, are none of ours', async () => {
  const token =
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI1ZWJhYzUzNDk1NGI1NDEzOTgwNmMxMTIiLCJpYXQiOjE1ODkyOTg0ODQsImV4cCI6MTU4OTMwMDI4NH0.m1U63blB0MLej_WfB7yC2FTMnCziif9X8yzwDEfJXAg';
  expect(headerOf(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
  expect(await signer.verify('xerial', 'refresh', token)).toBeUndefined();
});

function keysFor(contract: string): Unsealed {
  const found = keys.get(contract);
  if (found === undefined) throw new Error(`no keys of ${contract}`);
  return found;
}

function refreshKey(contract: string): JWK {
  return keysFor(contract).refresh;
}

function signRefresh(contract: string): Promise<string> {
  return signer.sign(contract, 'refresh', signer.activeKeyId(contract), claims);
}

function withStandardAlphabet(text: string): string {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  if (standard === text) throw new Error('the same in both alphabets');
  return standard;
}

function spaced(text: string, space: string): string {
  return `${text.slice(0, 8)}${space}${text.slice(8)}`;
}

function shortened(signature: string): string {
  return Buffer.from(signature, 'base64url').subarray(0, -1).toString('base64url');
}

function lengthened(signature: string): string {
  return Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]).toString('base64url');
}

function pemOf(jwk: JWK): string {
  return createPublicKey({ key: { ...jwk }, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

function jsonOf(token: string): string {
  const [header, payload, signature] = token.split('.');
  return JSON.stringify({ protected: header, payload, signature });
}
