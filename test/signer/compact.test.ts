// The form of a token, judged before any key is touched: one spelling, three header members.
import { describe, expect, test } from 'vitest';
import { parseObject, readHeader } from '../../src/signer/compact.ts';
import { segment } from '../shared/tokens.ts';

const header = { typ: 'JWT', alg: 'EdDSA', kid: 'a' };
const token = `${segment(header)}.e30.c2ln`;

test('the header of a compact JWS (RFC 7515 §7.1) is read, whatever its algorithm, key and signature are', () => {
  expect(readHeader(token)).toEqual(header);
  expect(readHeader(`${segment({ ...header, alg: 'none', kid: '' })}._-8.AA`)).toEqual({
    ...header,
    alg: 'none',
    kid: '',
  });
});

describe('of another form no header is read', () => {
  test.each([
    ['no segment', ''],
    ['two segments', token.slice(0, -5)],
    ['four segments', `${token}.c2ln`],
    ['an empty signature', token.slice(0, -4)],
    ['an empty payload', token.replace('.e30', '.')],
    ['padding', `${token.slice(0, -4)}AA==`],
    ['the alphabet of base64: +', `${token.slice(0, -4)}+-8`],
    ['the alphabet of base64: /', `${token.slice(0, -4)}_/8`],
    ['stray bits of a byte', `${token.slice(0, -4)}AB`],
    ['stray bits of two bytes', `${token.slice(0, -4)}AAB`],
    ['half a byte', `${token.slice(0, -4)}A`],
    ['a space', `${token} `],
    ['a member more', `${segment({ ...header, more: 1 })}.e30.c2ln`],
    ['a member fewer', `${segment({ typ: 'JWT', alg: 'EdDSA' })}.e30.c2ln`],
    ['another typ', `${segment({ ...header, typ: 'JWS' })}.e30.c2ln`],
    ['an alg that is no string', `${segment({ ...header, alg: 1 })}.e30.c2ln`],
    ['a kid that is no string', `${segment({ ...header, kid: null })}.e30.c2ln`],
  ])('%s', (_name, other) => {
    expect(readHeader(other)).toBeUndefined();
  });
});

describe('of bytes', () => {
  test('a JSON object in UTF-8 is parsed', () => {
    expect(parseObject(Buffer.from('{"a":"ÿ🚀"}'))).toEqual({ a: 'ÿ🚀' });
  });

  test.each([
    ['an array', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['a number', Buffer.from('1')],
    ['nothing', Buffer.from('')],
    ['two objects', Buffer.from('{}{}')],
    ['a byte order mark before it', Buffer.from('\ufeff{}')],
    ['what is not UTF-8', Buffer.from('{"a":"\xff"}', 'latin1')],
    ['a surrogate on its own', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ])('%s is no object', (_name, bytes) => {
    expect(parseObject(bytes)).toBeUndefined();
  });
});
