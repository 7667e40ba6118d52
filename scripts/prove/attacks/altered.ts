// Genuine tokens with something changed by whoever carries them: bits, characters, lengths, spellings, parts of two.
import { pick } from '../part.ts';
import { invalid, membersOf, textsOf, type Hostile } from './hostile.ts';
import type { Target } from './target.ts';

export function alteredFor(target: Target, many: number, random: () => number): readonly Hostile[] {
  const genuine = [target.refreshToken, ...target.siblings];
  const altered = [
    ...spelledOtherwise(target.refreshToken),
    ...rewritten(target.refreshToken),
    ...oversized(target.refreshToken),
  ];
  for (let index = 0; index < many; index += 1) {
    const [what, change] = pick(changes, random);
    altered.push(invalid(what, change(pick(genuine, random), pick(genuine, random), random)));
  }
  return altered.filter(({ token }) => !genuine.includes(token) && token !== '');
}

type Change = (token: string, other: string, random: () => number) => string;

const alphabet =
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ~é€🚀\u0300\u200b'.match(/./gu) ?? [];

const changes: readonly (readonly [string, Change])[] = [
  [
    'one bit flipped',
    (token, _other, random) => {
      const segments = token.split('.').map((segment) => Buffer.from(segment, 'base64url'));
      const bytes = pick(segments, random);
      const place = Math.floor(random() * bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(random() * 8));
      return segments.map((segment) => segment.toString('base64url')).join('.');
    },
  ],
  ['one character changed', (token, _other, random) => spliced(token, random, 1, pick(alphabet, random))],
  ['one character more', (token, _other, random) => spliced(token, random, 0, pick(alphabet, random))],
  ['some characters fewer', (token, _other, random) => spliced(token, random, 1 + Math.floor(random() * 8), '')],
  ['cut off', (token, _other, random) => token.slice(0, Math.floor(random() * token.length))],
  ['its beginning cut off', (token, _other, random) => token.slice(1 + Math.floor(random() * (token.length - 1)))],
  [
    'extended',
    (token, other, random) => token + pick(['.', '..', 'A', 'AA', 'AAAA', '=', '.e30', other, `.${other}`], random),
  ],
  [
    'parts in another order',
    (token, _other, random) => {
      const parts = token.split('.');
      return [pick(parts, random), pick(parts, random), pick(parts, random)].join('.');
    },
  ],
  [
    'parts of two tokens',
    (token, other, random) => {
      const parts = other.split('.');
      return token
        .split('.')
        .map((part, index) => (random() < 0.5 ? part : (parts[index] ?? '')))
        .join('.');
    },
  ],
  [
    'a part given twice or not at all',
    (token, _other, random) => {
      const parts = token.split('.');
      parts.splice(
        Math.floor(random() * 3),
        random() < 0.5 ? 1 : 0,
        ...(random() < 0.5 ? ['', pick(parts, random)] : []),
      );
      return parts.join('.');
    },
  ],
];

function spliced(token: string, random: () => number, fewer: number, more: string): string {
  // Blanks around a header's value are not part of it (RFC 9110 §5.5), so never at an end.
  const place = 1 + Math.floor(random() * (token.length - 2));
  return token.slice(0, place) + more + token.slice(place + fewer);
}

/** The same bytes in other characters (RFC 4648 §3.5 and §5). */
function spelledOtherwise(token: string): Hostile[] {
  const digits = alphabet.slice(0, 64);
  const respelled = [0, 1, 2].flatMap((index) => {
    const parts = token.split('.');
    const part = parts[index] ?? '';
    const last = digits.indexOf(part.at(-1) ?? '');
    const bytes = Buffer.from(part, 'base64url');
    // Other stray bits, of which the decoder makes the same bytes.
    const strays = digits.map((_, step) => part.slice(0, -1) + (digits[last ^ step] ?? ''));
    const others = [
      ...strays.filter((one) => one !== part && Buffer.from(one, 'base64url').equals(bytes)),
      ...['=', '==', '====', '\n', ' ', '%3D', '*'].map((more) => part + more),
      bytes.toString('base64'),
      bytes.toString('hex'),
      `${part.slice(0, 4)}\n${part.slice(4)}`,
      `${part.slice(0, 4)} ${part.slice(4)}`,
      `${part.slice(0, 4)}=${part.slice(4)}`,
      Array.from(part)
        .map((one) => `%${Buffer.from(one).toString('hex')}`)
        .join(''),
      Buffer.from(part).toString('base64url'),
    ];
    return others
      .filter((one) => one !== part)
      .map((one) => parts.map((kept, at) => (at === index ? one : kept)).join('.'));
  });
  const whole = [
    ...['\ufeff', '"', "'", 'Bearer', 'JWT '].map((before) => before + token),
    `"${token}"`,
    token.replaceAll('.', '\uff0e'),
    token.replaceAll('.', '%2E'),
    token.normalize('NFKC').toUpperCase(),
    token.toLowerCase(),
    Array.from(token).reverse().join(''),
    Array.from(token)
      .map((one) => String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0))
      .join(''),
    Buffer.from(token, 'utf16le').toString('latin1').slice(0, 200),
  ];
  return [...respelled, ...whole].map((one) => invalid('another spelling', one));
}

/** The signed bytes rewritten, with the signature of the others: names given twice, claims that somebody would like. */
function rewritten(token: string): Hostile[] {
  const { claims } = membersOf(token);
  const { header, payload, signature } = textsOf(token);
  const wished = [
    { gen: 1 },
    { gen: 2 ** 53 },
    { sub: 'admin' },
    { exp: 9_999_999_999 },
    { role: 'ROLE_ADMIN' },
    { sid: '' },
    { jti: '' },
  ];
  const payloads = [
    ...wished.map((wish) => JSON.stringify({ ...claims, ...wish })),
    ...Object.entries(claims).flatMap(([name, value]) => [
      JSON.stringify({ ...claims, [name]: undefined }),
      payload.replace('{', `{${JSON.stringify(name)}:${JSON.stringify(value)},`),
      payload.replace('{', `{${JSON.stringify(name)}:null,`),
    ]),
    ...[
      '',
      '{}',
      '[]',
      'null',
      '0',
      '"',
      '{',
      `${payload} `,
      ` ${payload}`,
      `\ufeff${payload}`,
      payload.replaceAll('"', "'"),
    ],
  ];
  const headers = [
    ...['alg', 'kid', 'typ'].map((name) => header.replace('{', `{"${name}":"none",`)),
    ...['', '{}', '[]', 'null', '"', `${header} `, `\ufeff${header}`, header.replace('"alg"', '"\\u0061lg"')],
  ];
  const encoded = (text: string): string => Buffer.from(text).toString('base64url');
  return [
    ...payloads.map((text) => `${encoded(header)}.${encoded(text)}.${signature}`),
    ...headers.map((text) => `${encoded(text)}.${encoded(payload)}.${signature}`),
  ].map((one) => invalid('rewritten under its old signature', one));
}

function oversized(token: string): Hostile[] {
  const parts = token.split('.');
  const sizes = [3_000, 4_096, 4_097, 8_000, 15_000, 17_000, 100_000, 1_000_000];
  return sizes.flatMap((size) => [
    invalid('too long', 'A'.repeat(size)),
    invalid('too long', '.'.repeat(size)),
    invalid('too long', token + 'A'.repeat(size)),
    ...[0, 1, 2].map((index) =>
      invalid('too long', parts.map((part, at) => (at === index ? part + 'A'.repeat(size) : part)).join('.')),
    ),
    invalid('too long', `${Buffer.from('['.repeat(size / 2)).toString('base64url')}.e30.AA`),
  ]);
}
