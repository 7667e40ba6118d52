// Imported rows are added once, and rows that exist stay unchanged.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SessionToImport, SubjectToImport } from '../../../src/engine/import-ports.ts';
import { details, start, type Open } from './test-store.ts';

const alice: SubjectToImport = { kind: 'subject', id: 'alice', ...details, disabled: false };

function sessionOf(change: Partial<SessionToImport> = {}): SessionToImport {
  return {
    kind: 'session',
    id: randomUUID(),
    contract: 'fib',
    policy: 'single-use',
    subjectId: 'bob',
    keyId: 'first',
    createdAt: start - 100,
    expiresAt: start + 900,
    label: 'laptop',
    tokenHash: 'a hash',
    tokenExpiresAt: start + 500,
    ...change,
  };
}

export function importTests(open: Open): void {
  test('importRows() adds a session of generation 0, found by its token and contract', async () => {
    const { store, other } = await open();
    const row = sessionOf();
    expect(await store.importRows([row], false)).toEqual(['added']);
    const { session, subject } = await other.read(row.id);
    const { id, contract, policy, subjectId, keyId, createdAt, expiresAt, label } = row;
    expect(session).toEqual({
      ...{ id, contract, policy, subjectId, keyId, createdAt, expiresAt, label },
      credentialVersion: subject?.credentialVersion,
      generation: 0,
      rotatedAt: createdAt,
      revokedAt: undefined,
      revokedReason: undefined,
    });
    const token = { sessionId: row.id, issuedAt: start - 100, expiresAt: start + 500 };
    expect(await other.readImported('fib', 'a hash')).toEqual(token);
    expect(await other.readImported('orillion', 'a hash')).toBeUndefined();
    expect(await other.readImported('fib', 'another hash')).toBeUndefined();
  });

  test('importRows() finds a subject of an earlier row, but not of a later row', async () => {
    const { store, other } = await open();
    const early = sessionOf({ subjectId: 'alice', tokenHash: 'early' });
    const late = sessionOf({ subjectId: 'alice', tokenHash: 'late' });
    expect(await store.importRows([early, alice, late], false)).toEqual(['missing_subject', 'added', 'added']);
    expect(await other.readSubject('alice')).toMatchObject({ ...details, disabledAt: undefined, deletedAt: undefined });
    expect((await other.listSessions({})).map(({ id }) => id)).toEqual([late.id]);
  });

  test('importRows() keeps a session that was imported before and changed since', async () => {
    const { store, other } = await open();
    const rows = ['refreshed', 'revoked', 'still'].map((tokenHash) => sessionOf({ tokenHash }));
    await store.importRows(rows, false);
    const [refreshed, revoked] = rows;
    const { session } = await store.read(refreshed?.id ?? '');
    if (session === undefined) throw new Error('the session is missing');
    await store.rotate(session, { generation: 1, rotatedAt: start, keyId: 'second' });
    await store.revoke(revoked?.id ?? '', 'requested');
    const before = await other.listSessions({});
    const again = rows.map((row) => ({ ...row, id: randomUUID() }));
    expect(await store.importRows(again, false)).toEqual(['kept', 'kept', 'kept']);
    expect(await other.listSessions({})).toEqual(before);
    expect(await other.readImported('fib', 'refreshed')).toMatchObject({ sessionId: refreshed?.id });
  });

  test('importRows() refuses a token that was imported for another subject', async () => {
    const { store, other } = await open();
    await store.importRows([alice, sessionOf()], false);
    const before = await other.listSessions({});
    const rows = [sessionOf({ subjectId: 'alice' }), sessionOf({ subjectId: 'unknown' })];
    expect(await store.importRows(rows, false)).toEqual(['taken', 'taken']);
    expect(await other.listSessions({})).toEqual(before);
  });

  test('importRows() accepts the same token hash in two contracts', async () => {
    const { store, other } = await open();
    const [one, another] = [sessionOf(), sessionOf({ contract: 'orillion' })];
    expect(await store.importRows([one, another], false)).toEqual(['added', 'added']);
    expect(await other.readImported('fib', 'a hash')).toMatchObject({ sessionId: one.id });
    expect(await other.readImported('orillion', 'a hash')).toMatchObject({ sessionId: another.id });
  });

  test('importRows() keeps an existing subject and reports whether the row differs', async () => {
    const { store, other } = await open();
    const row = (change: Partial<SubjectToImport>): SubjectToImport => ({ ...alice, ...change });
    await store.importRows([alice, row({ id: 'carol', disabled: true }), row({ id: 'dave' })], false);
    await store.disableSubject('alice');
    await store.enableSubject('carol');
    await store.deleteSubject('dave');
    const ids = ['alice', 'bob', 'carol', 'dave'];
    const before = await Promise.all(ids.map((id) => other.readSubject(id)));
    expect(
      await store.importRows(
        [
          alice,
          row({ disabled: true }),
          row({ id: 'bob' }),
          row({ id: 'bob', email: 'new@mail.com' }),
          row({ id: 'carol', disabled: true }),
          row({ id: 'dave' }),
          sessionOf({ subjectId: 'dave' }),
        ],
        false,
      ),
    ).toEqual([
      ...['kept_different', 'kept', 'kept', 'kept_different', 'kept_different', 'kept_different'],
      'missing_subject',
    ]);
    expect(await Promise.all(ids.map((id) => other.readSubject(id)))).toEqual(before);
  });

  test('importRows() adds sessions of a disabled subject', async () => {
    const { store, other, setClock } = await open();
    await setClock(start + 5);
    const row = sessionOf({ subjectId: 'alice' });
    expect(await store.importRows([{ ...alice, disabled: true }, row], false)).toEqual(['added', 'added']);
    expect(await other.read(row.id)).toMatchObject({
      session: { subjectId: 'alice' },
      subject: { disabledAt: start + 5 },
    });
  });

  test('importRows() reports results in a dry run and changes nothing', async () => {
    const { store, other } = await open();
    const rows = [alice, sessionOf({ subjectId: 'alice' }), sessionOf({ subjectId: 'unknown', tokenHash: 'b' })];
    expect(await store.importRows(rows, true)).toEqual(['added', 'added', 'missing_subject']);
    expect(await other.readSubject('alice')).toBeUndefined();
    expect(await other.listSessions({})).toEqual([]);
    expect(await store.importRows(rows, false)).toEqual(['added', 'added', 'missing_subject']);
  });

  test('purge() removes an imported token together with its session', async () => {
    const { store, other, setClock } = await open();
    const row = sessionOf();
    await store.importRows([row], false);
    await setClock(start + 900);
    expect(await store.purge(0, 10)).toMatchObject({ sessions: 1 });
    expect(await other.readImported('fib', 'a hash')).toBeUndefined();
  });

  test('two concurrent importRows() calls add each session once', async () => {
    const { store, other } = await open();
    const rows = Array.from({ length: 50 }, (_, index) => sessionOf({ tokenHash: `hash ${String(index)}` }));
    const again = rows.map((row) => ({ ...row, id: randomUUID() }));
    const results = (await Promise.all([store.importRows(rows, false), other.importRows(again, false)])).flat();
    expect(results.filter((result) => result === 'added')).toHaveLength(50);
    expect(results.filter((result) => result === 'kept')).toHaveLength(50);
    expect(await store.listSessions({})).toHaveLength(50);
  });

  test('removeKeySet() keeps a legacy key in use by an active token, unless forced', async () => {
    const { store, other, setClock } = await open();
    await store.addLegacyKey({ id: 'legacy', contract: 'fib', sealed: 'sealed' });
    await store.addLegacyKey({ id: 'legacy too', contract: 'fib', sealed: 'sealed' });
    await store.importRows([sessionOf(), sessionOf({ contract: 'xerial', tokenHash: 'of xerial' })], false);
    expect(await store.removeKeySet('legacy', 300, false)).toEqual({
      kind: 'in_use',
      sessions: 1,
      until: start + 500,
    });
    expect(await store.removeKeySet('legacy too', 300, true)).toEqual({ kind: 'removed' });
    await setClock(start + 500);
    expect(await store.removeKeySet('legacy', 300, false)).toEqual({ kind: 'removed' });
    expect(await other.readKeySets()).toEqual([]);
  });
}
