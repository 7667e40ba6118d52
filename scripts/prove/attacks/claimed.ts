// Tokens that our own key signed over claims which we never write: of every wrong type and size, and in force at no time.
import type { Hostile } from './hostile.ts';
import { membersOf, textsOf } from './hostile.ts';
import type { Target } from './target.ts';

const wrongTexts: readonly unknown[] = [null, true, false, 0, 1, -1, 1.5, [], [''], {}, { toString: 'x' }, [[]]];

const wrongNumbers: readonly unknown[] = [
  ...[null, true, false, -1, -0.5, 1.5, 1e-9, 1e21, 1e308, Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 63, -(2 ** 53)],
  ...['', '0', '1', '1e3', 'NaN', 'Infinity', '0x10', ' 1', [], [0], [1], {}, { valueOf: 1 }],
];

/** Claims that decide, with what they must not be. */
const wrongValues: Readonly<Record<string, readonly unknown[]>> = {
  sid: [undefined, ...wrongTexts],
  sub: [undefined, ...wrongTexts],
  jti: [undefined, ...wrongTexts],
  gen: [undefined, ...wrongNumbers],
  iat: [undefined, ...wrongNumbers],
  exp: [undefined, ...wrongNumbers],
  nbf: wrongNumbers,
};

/** Claims of a contract's own that are texts. */
const texts = {
  cloudreve: ['token_type', 'state_hash'],
  fib: ['acjti'],
  kirjaswappi: [],
  orillion: ['acjti'],
  xerial: ['type'],
} as const;

export function claimedFor(target: Target): readonly Hostile[] {
  const { claims } = membersOf(target.refreshToken);
  const { header, payload } = textsOf(target.refreshToken);
  const { refresh } = target.keys;
  const unprocessable = (what: string, text: string): Hostile => ({
    what,
    token: refresh.sign(header, text),
    expected: 'unprocessable',
  });
  const wrong = Object.entries({
    ...wrongValues,
    ...Object.fromEntries(texts[target.contract].map((name) => [name, wrongTexts])),
  }).flatMap(([name, values]) =>
    values.flatMap((value) => [
      unprocessable(`the claim ${name} of a wrong type`, JSON.stringify({ ...claims, [name]: value })),
      // RFC 7519 §4: of a name that comes twice the last one counts.
      ...(value === undefined ? [] : [unprocessable(`the claim ${name} twice`, withLast(payload, name, value))]),
    ]),
  );
  const numbers = ['1e400', '-1e400', '9007199254740993', '1.0000000001', '-1'].flatMap((number) =>
    ['gen', 'iat', 'exp'].map((name) =>
      unprocessable(`the claim ${name} is no count`, withLastText(payload, name, number)),
    ),
  );
  const noObjects = [
    ' ',
    'null',
    '[]',
    '0',
    '"x"',
    'true',
    '{',
    '{}{}',
    `\ufeff${payload}`,
    `[${payload}]`,
    `${payload},`,
    '['.repeat(1_500),
  ];
  const proto = `{"__proto__":${payload}}`;
  return [
    ...wrong,
    ...numbers,
    ...[...noObjects, proto, '{"constructor":{"prototype":{}}}'].map((text) => unprocessable('no claims', text)),
    ...neverImported(target, payload),
    ...outOfForce(target, claims, header),
  ];
}

/** The key of another server is believed about nothing but what was imported. */
function neverImported({ keys: { access, refresh, legacy } }: Target, payload: string): Hostile[] {
  return [legacy.kid, access.kid, refresh.kid, undefined].flatMap((kid) =>
    [payload, '{}', 'null'].map((text): Hostile => ({
      what: 'a token of another server that was never imported',
      token: legacy.sign(JSON.stringify({ typ: 'JWT', alg: legacy.algorithm, kid }), text),
      expected: 'unprocessable',
    })),
  );
}

/** Well-typed, and refused for what they say. */
function outOfForce({ keys }: Target, claims: Record<string, unknown>, header: string): Hostile[] {
  const iat = Number(claims['iat']);
  const others: readonly Record<string, unknown>[] = [
    ...[0, 1, iat].map((exp) => ({ exp })),
    ...[iat + 1_000_000, 2 ** 52].map((nbf) => ({ nbf })),
    // Ahead of the store, from a time that it has seen or that has not come.
    ...[1, 2, 2 ** 52].flatMap((gen) => [
      { gen, iat: iat - 1 },
      { gen, iat: iat + 1_000_000 },
      { gen, iat },
    ]),
    ...['', 'x', '\0', "' OR 1=1 --", '%', '*', 'é'.repeat(500), '\ud800', '../../x', '__proto__'].map((sid) => ({
      sid,
    })),
    ...['', 'x', '\0', 'x'.repeat(1_000)].map((jti) => ({ jti, iat: iat - 1 })),
  ];
  return others.map((more) => ({
    what: `refused for ${Object.keys(more).join(' and ')}`,
    token: keys.refresh.sign(header, JSON.stringify({ ...claims, ...more })),
    expected: 'invalid',
  }));
}

function withLast(payload: string, name: string, value: unknown): string {
  return withLastText(payload, name, JSON.stringify(value));
}

function withLastText(payload: string, name: string, value: string): string {
  return `${payload.slice(0, -1)},${JSON.stringify(name)}:${value}}`;
}
