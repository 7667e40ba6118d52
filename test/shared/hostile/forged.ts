// Tokens of an attacker without our keys: other algorithms, public keys as secrets, keys and addresses in the header, tokens
// of another use or contract. Some have wrong headers and a signature by our own key: then only the header is wrong.
import { partsOf, type HostileToken, type Victim } from './victim.ts';
import { createKey, encoded, hmac, seal, spellingsOf } from './keys.ts';
import { secondSignatures } from './second-signatures.ts';

export type Forged = Omit<HostileToken, 'expected'>;

/** @param listener the origin that headers name */
export function forgedFor(victim: Victim, all: readonly Victim[], listener: string): readonly Forged[] {
  return [
    ...otherAlgorithms(victim),
    ...guessedSecrets(victim),
    ...otherHeaders(victim, listener),
    ...unreadableHeaders(victim),
    ...ofOtherUse(victim),
    ...ofOtherContracts(victim, all),
    ...secondSignatures(victim),
    { what: 'a published example token, which names no key', token: publishedExample },
  ];
}

/** From xerial's document. */
const publishedExample =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI1ZWJhYzUzNDk1NGI1NDEzOTgwNmMxMTIiLCJpYXQiOjE1ODkyOTg0ODQsImV4cCI6MTU4OTMwMDI4NH0.m1U63blB0MLej_WfB7yC2FTMnCziif9X8yzwDEfJXAg';

/** RFC 8725 §2.1 and §3.1. */
const algorithms: readonly unknown[] = [
  ...'none None NONE nOnE HS256 HS384 HS512 hs256 RS256 PS256 ES256 ES256K EdDSA eddsa EDDSA Ed25519'.split(' '),
  ...'Ed448 ML-DSA-44 dir A256KW RSA1_5 ECDH-ES constructor __proto__ toString'.split(' '),
  ...['', ' ', 'HS256 ', 'HS256\0', undefined, null, true, false, 0, 1, -1],
  ...[[], ['none'], ['EdDSA'], ['HS256'], ['EdDSA', 'HS256'], {}, { alg: 'none' }],
];

function otherAlgorithms({ refreshToken, keys: { refresh } }: Victim): Forged[] {
  const { header, claims, payloadText, signature } = partsOf(refreshToken);
  const stranger = createKey(refresh.algorithm);
  const signatures = ['', 'AA', 'bm9uZQ', encoded(Buffer.alloc(64)), encoded(Buffer.alloc(32))];
  return algorithms.flatMap((alg) => {
    const text = JSON.stringify({ ...header, alg });
    const nextGeneration = JSON.stringify({ ...claims, gen: 1 });
    return [
      ...signatures.map((one) => withSignature(text, payloadText, one)),
      withSignature(text, payloadText, signature),
      withSignature(text, nextGeneration, signature),
      ...[payloadText, nextGeneration].map((payload) => stranger.sign(text, payload)),
      ...[{ alg }, { typ: 'JWT', alg }, { alg, kid: '' }].map((members) =>
        stranger.sign(JSON.stringify(members), payloadText),
      ),
      ...(alg === refresh.algorithm ? [] : [refresh.sign(text, payloadText)]),
    ].map((token) => ({ what: `the algorithm ${JSON.stringify(alg)}`, token }));
  });
}

const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;

/** RFC 8725 §2.1: public bytes as the secret, and secrets that are easily guessed. */
function guessedSecrets({ contract, refreshToken, jwks, keys: { access, refresh, legacy } }: Victim): Forged[] {
  const { header, payloadText } = partsOf(refreshToken);
  const publicKeys = [access, refresh, legacy].flatMap(({ publicKey, kid }) =>
    publicKey === undefined ? [] : spellingsOf(publicKey, kid),
  );
  const words = ['', '\0', ' ', 'secret', 'password', 'null', 'undefined', '[object Object]', 'x'.repeat(32), contract];
  const guesses = [...words, jwks, access.kid, refresh.kid, refreshToken].map((word) => Buffer.from(word));
  const secrets = [...publicKeys, ...guesses, Buffer.alloc(32), Buffer.alloc(64, 0xff)];
  const headers = Object.entries(hashes).flatMap(([alg, hash]) =>
    [refresh.kid, access.kid, legacy.kid, undefined].map((kid) => ({ alg, hash, kid })),
  );
  // The algorithm of the key in the header with an HMAC as the signature.
  headers.push({ alg: refresh.algorithm, hash: 'sha256', kid: refresh.kid });
  return headers.flatMap(({ alg, hash, kid }) => {
    const input = `${encoded(JSON.stringify({ ...header, alg, kid }))}.${encoded(payloadText)}`;
    return secrets.map((secret) => ({
      what: `${alg} with something public as the secret`,
      token: seal(input, hmac(hash, secret)),
    }));
  });
}

/** RFC 8725 §3.10: header members that name a key, or change what is verified. */
function otherHeaders({ contract, refreshToken, keys: { access, refresh, legacy } }: Victim, listener: string) {
  const { header, headerText, payloadText, signature } = partsOf(refreshToken);
  const stranger = createKey('EdDSA');
  const url = `${listener}/${contract}`;
  const jwk = stranger.publicKey?.export({ format: 'jwk' });
  const der = stranger.publicKey?.export({ format: 'der', type: 'spki' }).toString('base64');
  const kids = [
    ...['/etc/hostname', '/dev/null', '../../../../../dev/null', 'file:///dev/null', 'C:\\nul', url, `${url}#key`],
    ...["' OR 1=1 --", "x' UNION SELECT 'AA' --", '$(id)', '`id`', '| id', '{{7*7}}', '%00', '', ' ', '\0', '*', '.'],
    ...['__proto__', 'constructor', 'é', '\u202e', '🚀', 'x'.repeat(2000), 'unknown', undefined, null, 0, 1, true],
    ...[[], {}, [refresh.kid], { kid: refresh.kid }, `${refresh.kid} `, ` ${refresh.kid}`, refresh.kid.toLowerCase()],
    ...[access.kid, legacy.kid, `refresh ${refresh.kid}`],
  ];
  const more: readonly Record<string, unknown>[] = [
    ...[jwk, { kty: 'oct', k: '' }, { kty: 'oct', k: 'AAAA' }, null, url].map((one) => ({ jwk: one })),
    ...['jku', 'x5u', 'iss', 'url', 'jwks_uri'].flatMap((name) => [
      ...[url, [url], url.replace('http:', 'HTTP:'), url.replace('http:', '')].map((value) => ({ [name]: value })),
      { [name]: url, kid: stranger.kid },
    ]),
    ...kids.map((kid) => ({ kid })),
    ...[der, 'AAAA', ''].map((one) => ({ x5c: [one] })),
    ...[['exp'], ['b64'], ['alg'], [], [''], 'exp', null, {}, ['x'.repeat(1000)]].map((crit) => ({ crit })),
    ...[false, true, null, 'false'].flatMap((b64) => [{ b64 }, { b64, crit: ['b64'] }]),
    ...['DEF', 'GZIP', '', null].map((zip) => ({ zip })),
    ...['JWT', 'JWE', 'application/json'].map((cty) => ({ cty })),
    ...[undefined, 'jwt', 'JWS', 'at+jwt', '', null, 1, ['JWT']].map((typ) => ({ typ })),
    ...[{ more: 1 }, { typ: undefined, more: 'JWT' }, { x5t: der, 'x5t#S256': der }, { enc: 'A256GCM' }],
    ...[
      { epk: jwk, apu: 'AA', apv: 'AA' },
      { p2c: 2_000_000_000, p2s: 'AAAA', alg: 'PBES2-HS256+A128KW' },
    ],
  ];
  return more
    .filter((members) => JSON.stringify({ ...header, ...members }) !== headerText)
    .flatMap((members): Forged[] => {
      const text = JSON.stringify({ ...header, ...members });
      const texts = [text, JSON.stringify({ alg: 'EdDSA', ...members })];
      return [
        ...texts.flatMap((one) => [stranger.sign(one, payloadText), withSignature(one, payloadText, signature)]),
        // Unencoded (RFC 7797), as `b64` would have it.
        `${encoded(text)}.${payloadText}.${signature}`,
        refresh.sign(text, payloadText),
      ].map((token) => ({ what: `the header member ${Object.keys(members).join(' and ')}`, token }));
    });
}

/** Headers that are no JSON object, or not in UTF-8. */
function unreadableHeaders({ refreshToken, keys: { refresh } }: Victim): Forged[] {
  const { headerText, payloadText } = partsOf(refreshToken);
  const headers = [
    ...[`[${headerText}]`, 'null', JSON.stringify(headerText), '{}', 'header', `${headerText}x`, `\ufeff${headerText}`],
    ...[Buffer.from(`${headerText.slice(0, -2)}\xff"}`, 'latin1'), Buffer.from(headerText, 'utf16le')],
  ];
  return headers.map((header) => ({ what: 'a header that is no object', token: refresh.sign(header, payloadText) }));
}

/** A verifier of access tokens may have their secret, which must not sign refresh tokens. */
function ofOtherUse({ refreshToken, accessToken, keys: { access, refresh, legacy } }: Victim): Forged[] {
  const { header, payloadText } = partsOf(refreshToken);
  const payloads = [payloadText, partsOf(accessToken).payloadText];
  const named = (kid: string | undefined): string => JSON.stringify({ ...header, kid });
  return [
    { what: 'an access token', token: accessToken },
    ...[access.kid, refresh.kid, legacy.kid, undefined].flatMap((kid) =>
      payloads.map((text) => ({ what: 'signed with the key of access tokens', token: access.sign(named(kid), text) })),
    ),
  ];
}

function ofOtherContracts({ contract: own, refreshToken: token, keys }: Victim, all: readonly Victim[]): Forged[] {
  const { header, payloadText } = partsOf(token);
  return all
    .filter(({ contract }) => contract !== own)
    .flatMap(({ contract, refreshToken, accessToken, siblings, keys: { access, refresh } }) => {
      const signed = [refresh, access].flatMap((key) =>
        [key.kid, keys.refresh.kid, keys.legacy.kid].map((kid) =>
          key.sign(JSON.stringify({ ...header, alg: key.algorithm, kid }), payloadText),
        ),
      );
      const misnamed = keys.refresh.sign(JSON.stringify({ ...header, kid: refresh.kid }), payloadText);
      return [refreshToken, accessToken, ...siblings, ...signed, misnamed].map((one) => ({
        what: `a token of ${contract}`,
        token: one,
      }));
    });
}

/** Returns a compact JWS of these bytes with the given signature. */
function withSignature(header: string, payload: string, signature: string): string {
  return `${encoded(header)}.${encoded(payload)}.${signature}`;
}
