// Tokens that somebody without our keys makes up: other algorithms, public keys taken for secrets, keys and addresses
// brought along in the header, tokens of another use or contract. None of their signatures may count.
import { createKey, compact, hmac, spellingsOf } from './keys.ts';
import { invalid, membersOf, textsOf, withSignature, type Hostile } from './hostile.ts';
import { secondSignatures } from './second-signatures.ts';
import type { Target } from './target.ts';

/** @param listener where nobody may ever call, as an origin */
export function forgedFor(target: Target, all: readonly Target[], listener: string): readonly Hostile[] {
  return [
    ...otherAlgorithms(target),
    ...guessedSecrets(target),
    ...broughtAlong(target, listener),
    ...ofOtherUse(target),
    ...ofOtherContracts(target, all),
    ...secondSignatures(target),
  ];
}

const algorithms: readonly unknown[] = [
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    ' ',
    'HS256',
    'HS384',
    'HS512',
    'hs256',
    'HS256 ',
    'HS256\0',
    'RS256',
    'PS256',
  ],
  ...[
    'ES256',
    'ES256K',
    'EdDSA',
    'eddsa',
    'EDDSA',
    'Ed25519',
    'Ed448',
    'ML-DSA-44',
    'dir',
    'A256KW',
    'RSA1_5',
    'ECDH-ES',
  ],
  ...['constructor', '__proto__', 'toString'],
  ...[null, true, false, 0, 1, -1, [], ['none'], ['EdDSA'], ['HS256'], {}, { alg: 'none' }],
];

function otherAlgorithms(target: Target): Hostile[] {
  const { header, claims } = membersOf(target.refreshToken);
  const { payload, signature } = textsOf(target.refreshToken);
  const stranger = createKey(target.keys.refresh.algorithm);
  return algorithms.flatMap((alg) => {
    const text = JSON.stringify({ ...header, alg });
    const nextGeneration = JSON.stringify({ ...claims, gen: 1 });
    const what = `the algorithm ${JSON.stringify(alg)}`;
    // With its own signature it is the token itself.
    const kept = alg === header['alg'] ? [] : [withSignature(text, payload, signature)];
    return [
      ...kept,
      ...['', 'AA', 'bm9uZQ', Buffer.alloc(64).toString('base64url'), Buffer.alloc(32).toString('base64url')].map(
        (one) => withSignature(text, payload, one),
      ),
      withSignature(text, nextGeneration, signature),
      stranger.sign(text, payload),
      stranger.sign(text, nextGeneration),
      ...[{ alg }, { typ: 'JWT', alg }, { alg, kid: '' }].map((members) =>
        stranger.sign(JSON.stringify(members), payload),
      ),
    ].map((token) => invalid(what, token));
  });
}

const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;

/** RFC 8725 §2.1: what is public, presented as a secret; and what is no secret to begin with. */
function guessedSecrets(target: Target): Hostile[] {
  const { access, refresh, legacy } = target.keys;
  const { header } = membersOf(target.refreshToken);
  const { payload } = textsOf(target.refreshToken);
  const publicKeys = [access, refresh, legacy].flatMap(({ publicKey, kid }) =>
    publicKey === undefined ? [] : spellingsOf(publicKey, kid),
  );
  const words = [
    '',
    '\0',
    ' ',
    'secret',
    'password',
    'null',
    'undefined',
    '[object Object]',
    target.contract,
    target.jwks,
  ];
  const guesses = [...words, access.kid, refresh.kid, target.refreshToken].map((word) => Buffer.from(word));
  const secrets = [...publicKeys, ...guesses, Buffer.alloc(32), Buffer.alloc(64, 0xff)];
  return Object.entries(hashes).flatMap(([alg, hash]) =>
    [refresh.kid, access.kid, legacy.kid, undefined].flatMap((kid) =>
      secrets.map((secret) =>
        invalid(
          `${alg} with something public as the secret`,
          compact([JSON.stringify({ ...header, alg, kid }), payload], hmac(hash, secret)),
        ),
      ),
    ),
  );
}

/** RFC 8725 §3.10: header members that name a key, or change what is verified. */
function broughtAlong(target: Target, listener: string): Hostile[] {
  const { header } = membersOf(target.refreshToken);
  const { payload, signature } = textsOf(target.refreshToken);
  const stranger = createKey('EdDSA');
  const url = `${listener}/${target.contract}`;
  const jwk: unknown = stranger.publicKey?.export({ format: 'jwk' });
  const der = stranger.publicKey?.export({ format: 'der', type: 'spki' }).toString('base64');
  const more: readonly Record<string, unknown>[] = [
    ...[jwk, { kty: 'oct', k: '' }, { kty: 'oct', k: 'AAAA' }, null, url].map((one) => ({ jwk: one })),
    ...['jku', 'x5u', 'iss', 'url', 'jwks_uri'].flatMap((name) => [
      { [name]: url },
      { [name]: url, kid: stranger.kid },
      { [name]: [url] },
      { [name]: url.replace('http:', 'HTTP:') },
      { [name]: url.replace('http:', '') },
    ]),
    ...['/etc/hostname', '/dev/null', '../../../../../dev/null', 'file:///dev/null', 'C:\\nul'].map((kid) => ({ kid })),
    ...[url, `${url}#key`, "' OR 1=1 --", "x' UNION SELECT 'AA' --", '$(id)', '`id`', '| id', '{{7*7}}', '%00'].map(
      (kid) => ({ kid }),
    ),
    ...['', ' ', '\0', '*', '.', '__proto__', 'constructor', 'é', '\u202e', '🚀', 'x'.repeat(2000)].map((kid) => ({
      kid,
    })),
    ...[null, 0, 1, true, [], {}, [target.keys.refresh.kid], { kid: target.keys.refresh.kid }].map((kid) => ({ kid })),
    ...[`${target.keys.refresh.kid} `, ` ${target.keys.refresh.kid}`, target.keys.refresh.kid.toLowerCase()].map(
      (kid) => ({ kid }),
    ),
    ...[target.keys.access.kid, target.keys.legacy.kid, `refresh ${target.keys.refresh.kid}`].map((kid) => ({ kid })),
    ...[der, 'AAAA', ''].map((one) => ({ x5c: [one] })),
    ...[['exp'], ['b64'], ['alg'], [], [''], 'exp', null, {}, ['x'.repeat(1000)]].map((crit) => ({ crit })),
    ...[false, true, null, 'false'].flatMap((b64) => [{ b64 }, { b64, crit: ['b64'] }]),
    ...['DEF', 'GZIP', '', null].map((zip) => ({ zip })),
    ...['JWT', 'JWE', 'application/json'].map((cty) => ({ cty })),
    ...['jwt', 'JWS', 'at+jwt', '', null, 1, ['JWT']].map((typ) => ({ typ })),
    { x5t: der, 'x5t#S256': der },
    { enc: 'A256GCM' },
    { epk: jwk, apu: 'AA', apv: 'AA' },
    { p2c: 2_000_000_000, p2s: 'AAAA', alg: 'PBES2-HS256+A128KW' },
  ];
  return more
    .filter((members) => JSON.stringify({ ...header, ...members }) !== JSON.stringify(header))
    .flatMap((members) => {
      const what = `the header member ${Object.keys(members).join(' and ')}`;
      const texts = [JSON.stringify({ ...header, ...members }), JSON.stringify({ alg: 'EdDSA', ...members })];
      return [
        ...texts.flatMap((text) => [stranger.sign(text, payload), withSignature(text, payload, signature)]),
        // Unencoded (RFC 7797), as `b64` would have it.
        `${Buffer.from(texts[0] ?? '').toString('base64url')}.${payload}.${signature}`,
        // Whatever our own key says about it: we write three members, and no others.
        ...('kid' in members ? [] : [target.keys.refresh.sign(texts[0] ?? '', payload)]),
      ].map((token) => invalid(what, token));
    });
}

/** A verifier of access tokens may hold their secret; that makes nobody an issuer of refresh tokens. */
function ofOtherUse(target: Target): Hostile[] {
  const { access, refresh, legacy } = target.keys;
  const { header } = membersOf(target.refreshToken);
  const { payload } = textsOf(target.refreshToken);
  const ofAccess = textsOf(target.accessToken);
  const named = (kid: string | undefined): string => JSON.stringify({ ...header, kid });
  return [
    invalid('an access token', target.accessToken),
    ...[access.kid, refresh.kid, legacy.kid, undefined].flatMap((kid) =>
      [payload, ofAccess.payload].map((text) =>
        invalid('signed with the key of access tokens', access.sign(named(kid), text)),
      ),
    ),
    ...[access.kid, legacy.kid].map((kid) =>
      invalid('signed under the name of another key', refresh.sign(named(kid), payload)),
    ),
  ];
}

function ofOtherContracts(target: Target, all: readonly Target[]): Hostile[] {
  const { header } = membersOf(target.refreshToken);
  const { payload } = textsOf(target.refreshToken);
  return all
    .filter(({ contract }) => contract !== target.contract)
    .flatMap(({ contract, refreshToken, accessToken, siblings, keys }) => {
      const signed = [keys.refresh, keys.access].flatMap((key) =>
        [key.kid, target.keys.refresh.kid, target.keys.legacy.kid].map((kid) =>
          key.sign(JSON.stringify({ ...header, alg: key.algorithm, kid }), payload),
        ),
      );
      return [refreshToken, accessToken, ...siblings, ...signed].map((token) =>
        invalid(`a token of ${contract}`, token),
      );
    });
}
