// The rows of an import: the admin contract and parseRow() accept the same ones.
import { describe, expect, test } from 'vitest';
import { isRefractError } from '../../src/errors.ts';
import { parseRow } from '../../src/admin/import-rows.ts';
import { loadDocument, openapiFolder, type JsonObject } from '../../src/http/documents.ts';
import { isObject } from '../../src/http/documents/source.ts';
import { misfit } from '../openapi/schema.ts';

const { request } =
  loadDocument(`${openapiFolder}/admin.yaml`).operations.find(({ operationId }) => operationId === 'importRows') ?? {};

function rowSchema(): JsonObject {
  const schema = request?.schema['contentSchema'];
  if (!isObject(schema)) throw new Error('the document has no row schema');
  return schema;
}

function isAccepted(row: unknown): boolean {
  try {
    parseRow(Buffer.from(JSON.stringify(row)));
    return true;
  } catch (reason) {
    if (isRefractError(reason, 'row', 'unreadable_row')) return false;
    throw reason;
  }
}

const subject = { kind: 'subject', id: '42' };
const session = { kind: 'session', contract: 'xerial', subjectId: '42', refreshToken: 'a.b.c' };
const long = 'x'.repeat(255);
const last = 99_999_999_999;

const good: readonly object[] = [
  subject,
  { ...subject, id: long, email: long, account: long, role: long, disabled: true },
  { ...subject, email: null, account: null, role: null, disabled: null },
  { ...subject, email: '' },
  session,
  { ...session, label: long, createdAt: 0, expiresAt: last },
  { ...session, label: null, createdAt: null, expiresAt: null },
];

const bad: readonly unknown[] = [
  [],
  null,
  'subject',
  {},
  { kind: 'token' },
  { ...subject, kind: undefined },
  ...['id'].flatMap((name) => [
    { ...subject, [name]: undefined },
    { ...subject, [name]: null },
  ]),
  ...['id', 'email', 'account', 'role'].flatMap((name) => [
    { ...subject, [name]: 7 },
    { ...subject, [name]: `${long}x` },
  ]),
  { ...subject, id: '' },
  { ...subject, disabled: 'no' },
  { ...subject, name: 'x' },
  ...['contract', 'subjectId', 'refreshToken'].flatMap((name) => [
    { ...session, [name]: undefined },
    { ...session, [name]: null },
    { ...session, [name]: 7 },
  ]),
  ...['createdAt', 'expiresAt'].flatMap((name) => [
    { ...session, [name]: -1 },
    { ...session, [name]: last + 1 },
    { ...session, [name]: 1.5 },
    { ...session, [name]: '1700000000' },
  ]),
  { ...session, label: 7 },
  { ...session, label: `${long}x` },
  { ...session, email: 'a@example.com' },
];

describe('the document and parseRow()', () => {
  test.each(good)('the document and parseRow() accept the row %j', (row) => {
    expect([misfit(rowSchema(), row), isAccepted(row)]).toEqual([undefined, true]);
  });

  test.each(bad)('the document and parseRow() refuse the row %j', (row) => {
    // As on the wire, where undefined members are missing.
    const sent: unknown = JSON.parse(JSON.stringify(row));
    expect([typeof misfit(rowSchema(), sent), isAccepted(sent)]).toEqual(['string', false]);
  });

  test('the document and parseRow() accept the lines of the example', () => {
    const lines = String(request?.example).trim().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      const row: unknown = JSON.parse(line);
      expect([misfit(rowSchema(), row), isAccepted(row)]).toEqual([undefined, true]);
    }
  });
});
