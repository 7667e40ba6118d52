// The form of a token, checked before any key: one spelling, three header members.
import { describe, expect, test } from 'vitest';
import { parseObject, readHeader } from '../../src/signer/signature.ts';
import { otherForms, respellings } from '../shared/hostile/altered.ts';
import { segment, withSegment } from '../shared/tokens.ts';

const header = { typ: 'JWT', alg: 'EdDSA', kid: 'a' };
const token = `${segment(header)}.e30.c2ln`;

test('readHeader() reads a compact JWS (RFC 7515 §7.1) of any algorithm and key', () => {
  expect(readHeader(token)).toEqual(header);
  expect(readHeader(`${segment({ ...header, alg: 'none', kid: '' })}._-8.AA`)).toEqual({
    ...header,
    alg: 'none',
    kid: '',
  });
});

test('readHeader() returns undefined for another form', () => {
  for (const other of otherForms(token)) expect(readHeader(other), other).toBeUndefined();
});

test('readHeader() returns undefined for another spelling', () => {
  for (const index of [0, 1, 2]) {
    for (const other of respellings(token.split('.')[index] ?? '')) {
      expect(readHeader(withSegment(token, index, other)), other).toBeUndefined();
    }
  }
});

test.each([
  ['a member more', { ...header, more: 1 }],
  ['a member fewer', { typ: 'JWT', alg: 'EdDSA' }],
  ['another typ', { ...header, typ: 'JWS' }],
  ['an alg that is no string', { ...header, alg: 1 }],
  ['a kid that is no string', { ...header, kid: null }],
])('readHeader() refuses a header with %s', (_name, members) => {
  expect(readHeader(`${segment(members)}.e30.c2ln`)).toBeUndefined();
});

describe('parseObject()', () => {
  test('parseObject() parses a JSON object in UTF-8', () => {
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
  ])('parseObject() refuses %s', (_name, bytes) => {
    expect(parseObject(bytes)).toBeUndefined();
  });
});
