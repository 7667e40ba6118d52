// Invalid claims signed by our own refresh key: wrong types and sizes, and claims that are not in force.
import { partsOf, type HostileToken, type Victim } from './victim.ts';

const wrongTexts: readonly unknown[] = [null, true, false, 0, 1, -1, 1.5, [], [''], {}, { toString: 'x' }, [[]]];

const wrongNumbers: readonly unknown[] = [
  ...[null, true, false, -1, -0.5, 1.5, 1e-9, 1e21, 1e308, Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 63, -(2 ** 53)],
  ...['', '0', '1', '1e3', 'NaN', 'Infinity', '0x10', ' 1', [], [0], [1], {}, { valueOf: 1 }],
];

/** Wrong values of the claims that the engine uses. */
const wrongValues: Readonly<Record<string, readonly unknown[]>> = {
  sid: [undefined, ...wrongTexts],
  sub: [undefined, ...wrongTexts],
  jti: [undefined, ...wrongTexts],
  gen: [undefined, ...wrongNumbers],
  iat: [undefined, ...wrongNumbers],
  exp: [undefined, ...wrongNumbers],
  nbf: wrongNumbers,
};

/** The additional string claims of each contract. */
const ownTexts = {
  cloudreve: ['token_type', 'state_hash'],
  fib: ['acjti'],
  kirjaswappi: [],
  orillion: ['acjti'],
  xerial: ['type'],
} as const;

export function claimedFor(victim: Victim): readonly HostileToken[] {
  const { claims, headerText, payloadText } = partsOf(victim.refreshToken);
  const { refresh } = victim.keys;
  const unprocessable = (what: string, payload: string): HostileToken => ({
    what,
    token: refresh.sign(headerText, payload),
    expected: 'unprocessable',
  });
  /** RFC 7519 §4: the last one of duplicate names counts. */
  const withLast = (name: string, value: string): string =>
    `${payloadText.slice(0, -1)},${JSON.stringify(name)}:${value}}`;
  const own = Object.fromEntries(ownTexts[victim.contract].map((name) => [name, wrongTexts]));
  const wrong = Object.entries({ ...wrongValues, ...own }).flatMap(([name, values]) =>
    values.flatMap((value) => [
      unprocessable(`the claim ${name} of a wrong type`, JSON.stringify({ ...claims, [name]: value })),
      ...(value === undefined ? [] : [unprocessable(`the claim ${name} twice`, withLast(name, JSON.stringify(value)))]),
    ]),
  );
  const numbers = ['1e400', '-1e400', '9007199254740993', '1.0000000001', '-1'].flatMap((number) =>
    ['gen', 'iat', 'exp'].map((name) => unprocessable(`the claim ${name} is no count`, withLast(name, number))),
  );
  const noClaims = [
    ...[' ', 'null', '[]', '0', '"x"', 'true', '{', '{}{}', '['.repeat(1_500)],
    ...[`\ufeff${payloadText}`, `[${payloadText}]`, `${payloadText},`],
    ...[`{"__proto__":${payloadText}}`, '{"constructor":{"prototype":{}}}'],
  ];
  const noText: HostileToken = {
    what: 'no claims',
    token: refresh.sign(headerText, Buffer.from('{"sub":"\xff"}', 'latin1')),
    expected: 'unprocessable',
  };
  return [
    ...wrong,
    ...numbers,
    ...noClaims.map((text) => unprocessable('no claims', text)),
    noText,
    ...neverImported(victim, payloadText),
    ...outOfForce(victim, claims, headerText),
  ];
}

/** The key of another server is valid only for imported tokens. */
function neverImported({ keys: { access, refresh, legacy } }: Victim, payload: string): HostileToken[] {
  return [legacy.kid, access.kid, refresh.kid, undefined].flatMap((kid) =>
    [payload, '{}', 'null'].map((text): HostileToken => ({
      what: 'a token of another server that was never imported',
      token: legacy.sign(JSON.stringify({ typ: 'JWT', alg: legacy.algorithm, kid }), text),
      expected: 'unprocessable',
    })),
  );
}

/** Claims of the right type that the engine refuses. */
function outOfForce({ keys }: Victim, claims: Record<string, unknown>, header: string): HostileToken[] {
  const iat = Number(claims['iat']);
  const strangeIds = ['', 'x', '\0', "' OR 1=1 --", '%', '*', 'é'.repeat(500), '\ud800', '../../x', '__proto__'];
  const others: readonly Record<string, unknown>[] = [
    ...[0, 1, iat].map((exp) => ({ exp })),
    ...[iat + 1_000_000, 2 ** 52].map((nbf) => ({ nbf })),
    // Ahead of the store, issued in the past or in the future.
    ...[1, 2, 2 ** 52].flatMap((gen) => [iat - 1, iat + 1_000_000, iat].map((issuedAt) => ({ gen, iat: issuedAt }))),
    ...strangeIds.map((sid) => ({ sid })),
    ...['', 'x', '\0', 'x'.repeat(1_000)].map((jti) => ({ jti, iat: iat - 1 })),
  ];
  return others.map((more) => ({
    what: `refused for ${Object.keys(more).join(' and ')}`,
    token: keys.refresh.sign(header, JSON.stringify({ ...claims, ...more })),
    expected: 'refused',
  }));
}
