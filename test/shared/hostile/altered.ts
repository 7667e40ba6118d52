// Genuine tokens with changes: bits, characters, lengths, encodings, parts of two tokens.
import { partsOf } from './victim.ts';
import { pick } from '../random.ts';
import { withSegment } from '../tokens.ts';
import type { Forged } from './forged.ts';
import { encoded, type OwnKey } from './keys.ts';

/** All systematic changes. @param key the key that signed the token */
export function alteredFrom(token: string, key: OwnKey): readonly Forged[] {
  return [
    ...otherForms(token).map((one) => ({ what: 'another form', token: one })),
    ...spelledOtherwise(token, key).map((one) => ({ what: 'another spelling', token: one })),
    ...otherSignatures(token).map((one) => ({ what: 'another signature', token: one })),
    ...rewritten(token).map((one) => ({ what: 'rewritten under its old signature', token: one })),
    ...oversized(token).map((one) => ({ what: 'too long', token: one })),
  ];
}

/** Texts that are not three segments of base64url (RFC 7515 §7.1). */
export function otherForms(token: string): readonly string[] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [
    ...['.', '..', '...', header, `${header}.${payload}`, `${token}.`, `.${token}`, `${token}.${signature}`],
    ...[0, 1].map((index) => withSegment(token, index, '')),
    // RFC 7519 §6: an unsecured JWT has an empty signature; RFC 7516 §7.1: a JWE has five segments.
    ...[`${header}.${payload}.`, `${token}.a.a`],
    // RFC 7515 §7.2.2: the JSON serialization.
    JSON.stringify({ protected: header, payload, signature }),
    ...[' ', '\n', '\0'].flatMap((blank) => [`${blank}${token}`, `${token}${blank}`]),
    ...['\ufeff', '"', "'", 'Bearer', 'Bearer ', 'JWT '].map((before) => before + token),
    ...[`"${token}"`, token.replaceAll('.', '\uff0e'), token.replaceAll('.', '%2E')],
    ...[token.normalize('NFKC').toUpperCase(), token.toLowerCase(), Array.from(token).reverse().join('')],
    ...[fullWidth(token), Buffer.from(token, 'utf16le').toString('latin1').slice(0, 200)],
  ];
}

function fullWidth(token: string): string {
  return Array.from(token, (one) => String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0)).join('');
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Other encodings of the same bytes (RFC 4648 §3.5 and §5), with the old and with a new signature. */
function spelledOtherwise(token: string, key: OwnKey): readonly string[] {
  const { headerText, payloadText } = partsOf(token);
  const uneven = key.sign(unevenly(headerText), unevenly(payloadText));
  return [token, uneven].flatMap((genuine) =>
    [0, 1, 2].flatMap((index) => {
      const segment = genuine.split('.')[index] ?? '';
      const respelled = respellings(segment).map((one) => withSegment(genuine, index, one));
      const resealed = respelled.map((one) => key.seal(one.slice(0, one.lastIndexOf('.'))));
      const encodings = otherEncodings(segment).map((one) => withSegment(genuine, index, one));
      return [...respelled, ...(index === 2 ? [] : resealed), ...encodings];
    }),
  );
}

/** Returns JSON of a length with unused bits in the last character of its base64url. */
function unevenly(json: string): string {
  return Buffer.byteLength(json) % 3 === 0 ? json.replace('{', '{ ') : json;
}

/** Texts that a lenient decoder decodes to the bytes of the segment. */
export function respellings(segment: string): readonly string[] {
  const bytes = Buffer.from(segment, 'base64url');
  const last = digits.indexOf(segment.at(-1) ?? '');
  const strays = Array.from(digits, (_, step) => segment.slice(0, -1) + (digits[last ^ step] ?? ''));
  return [
    // Other unused bits, which the decoder drops.
    ...strays.filter((one) => Buffer.from(one, 'base64url').equals(bytes)),
    ...['=', '==', '====', '\n', ' ', '%3D', '*'].map((more) => segment + more),
    segment.padEnd(Math.ceil(segment.length / 4) * 4, '='),
    // The last one is the Cyrillic letter.
    ...['\n', ' ', '=', '\0', 'а'].map((text) => segment.slice(0, 4) + text + segment.slice(4)),
    bytes.toString('base64'),
  ].filter((one) => one !== segment);
}

function otherEncodings(segment: string): readonly string[] {
  const bytes = Buffer.from(segment, 'base64url');
  const percent = Array.from(segment, (one) => `%${Buffer.from(one).toString('hex')}`).join('');
  return [bytes.toString('hex'), encoded(segment), segment.slice(0, -1), percent];
}

function otherSignatures(token: string): readonly string[] {
  const signature = Buffer.from(token.split('.')[2] ?? '', 'base64url');
  const others = [
    ...[signature.subarray(0, -1), Buffer.concat([signature, Buffer.alloc(1)]), Buffer.alloc(signature.length)],
    ...[Buffer.from(signature).reverse(), Buffer.concat([signature, signature])],
  ];
  return others.map((one) => withSegment(token, 2, one.toString('base64url')));
}

/** Other contents with the old signature: duplicate names, claims that help an attacker. */
function rewritten(token: string): readonly string[] {
  const { claims, headerText, payloadText, signature } = partsOf(token);
  const wished = [
    ...[{ gen: 1 }, { gen: 2 ** 53 }, { sub: 'admin' }, { exp: 9_999_999_999 }, { role: 'ROLE_ADMIN' }],
    ...[{ sid: '' }, { jti: '' }],
  ];
  const payloads = [
    ...wished.map((wish) => JSON.stringify({ ...claims, ...wish })),
    ...Object.entries(claims).flatMap(([name, value]) => [
      JSON.stringify({ ...claims, [name]: undefined }),
      payloadText.replace('{', `{${JSON.stringify(name)}:${JSON.stringify(value)},`),
      payloadText.replace('{', `{${JSON.stringify(name)}:null,`),
    ]),
    ...['', '{}', '[]', 'null', '0', '"', '{', `${payloadText} `, ` ${payloadText}`, `\ufeff${payloadText}`],
    payloadText.replaceAll('"', "'"),
  ];
  const headers = [
    ...['alg', 'kid', 'typ'].map((name) => headerText.replace('{', `{"${name}":"none",`)),
    ...['', '{}', '[]', 'null', '"', `${headerText} `, `\ufeff${headerText}`],
    headerText.replace('"alg"', '"\\u0061lg"'),
  ];
  return [
    ...payloads.map((text) => `${encoded(headerText)}.${encoded(text)}.${signature}`),
    ...headers.map((text) => `${encoded(text)}.${encoded(payloadText)}.${signature}`),
  ];
}

function oversized(token: string): readonly string[] {
  return [3_000, 4_096, 4_097, 8_000, 15_000, 17_000, 100_000, 1_000_000].flatMap((size) => [
    ...['A'.repeat(size), '.'.repeat(size), token + 'A'.repeat(size)],
    ...[0, 1, 2].map((index) => withSegment(token, index, (token.split('.')[index] ?? '') + 'A'.repeat(size))),
    `${encoded('['.repeat(size / 2))}.e30.AA`,
  ]);
}

type Change = (token: string, other: string, random: () => number) => string;

const characters = Array.from(`${digits}.=+/ ~é€🚀\u0300\u200b`);

const changes: readonly (readonly [string, Change])[] = [
  ['one bit flipped', flipped],
  ['one character changed', (token, _other, random) => spliced(token, random, 1, pick(characters, random))],
  ['one character more', (token, _other, random) => spliced(token, random, 0, pick(characters, random))],
  ['some characters fewer', (token, _other, random) => spliced(token, random, 1 + Math.floor(random() * 8), '')],
  ['cut off', (token, _other, random) => token.slice(0, 1 + Math.floor(random() * (token.length - 1)))],
  ['its beginning cut off', (token, _other, random) => token.slice(1 + Math.floor(random() * (token.length - 1)))],
  [
    'extended',
    (token, other, random) => token + pick(['.', '..', 'A', 'AA', 'AAAA', '=', '.e30', other, `.${other}`], random),
  ],
  [
    'segments in another order',
    (token, _other, random) => [0, 1, 2].map(() => pick(token.split('.'), random)).join('.'),
  ],
  [
    'segments of two tokens',
    (token, other, random) => [0, 1, 2].map((at) => pick([token, other], random).split('.')[at] ?? '').join('.'),
  ],
  [
    'a segment given twice or left out',
    (token, _other, random) => {
      const segments = token.split('.');
      const more = pick([[], [''], [pick(segments, random)]], random);
      segments.splice(Math.floor(random() * 3), pick([0, 1], random), ...more);
      return segments.join('.');
    },
  ],
];

/** Genuine tokens with random changes. */
export function randomlyAltered(genuine: readonly string[], many: number, random: () => number): readonly Forged[] {
  return Array.from({ length: many }, () => {
    const [what, change] = pick(changes, random);
    return { what, token: change(pick(genuine, random), pick(genuine, random), random) };
  });
}

function flipped(token: string, _other: string, random: () => number): string {
  const segments = token.split('.').map((segment) => Buffer.from(segment, 'base64url'));
  const bytes = pick(segments, random);
  const place = Math.floor(random() * bytes.length);
  bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(random() * 8));
  return segments.map((segment) => segment.toString('base64url')).join('.');
}

function spliced(token: string, random: () => number, fewer: number, more: string): string {
  // Never at an end: spaces around a header's value are not part of it (RFC 9110 §5.5).
  const place = 1 + Math.floor(random() * (token.length - 2));
  return token.slice(0, place) + more + token.slice(place + fewer);
}
