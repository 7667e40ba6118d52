// Sessions: issue, read and list.
import { expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import type { Session } from '../../../src/engine/session.ts';
import { details, draftOf, start, type Open } from './test-store.ts';

export function issueTests(open: Open): void {
  test('issue() inserts generation 0 with store clock and credential version', async () => {
    const { store, other, setClock } = await open();
    const subject = await store.readSubject('bob');
    const draft = draftOf({ policy: 'reusable', lifetime: 500, label: 'laptop' });
    const issued = await store.issue(draft);
    const session: Session = {
      id: draft.id,
      contract: 'fib',
      policy: 'reusable',
      subjectId: 'bob',
      credentialVersion: subject?.credentialVersion ?? '',
      generation: 0,
      rotatedAt: start,
      keyId: 'first',
      createdAt: start,
      expiresAt: start + 500,
      revokedAt: undefined,
      revokedReason: undefined,
      label: 'laptop',
    };
    expect(issued).toEqual({ kind: 'issued', session, subject });
    await setClock(start + 7);
    expect(await other.read(draft.id)).toEqual({ now: start + 7, session, subject });
  });

  test('issue() refuses a missing, disabled or deleted subject', async () => {
    const { store, other, issue } = await open();
    const refused = (refusal: string) => ({ kind: 'refused', refusal });
    expect(await store.issue(draftOf({ subjectId: 'unknown' }))).toEqual(refused('missing_subject'));
    await other.disableSubject('bob');
    expect(await store.issue(draftOf())).toEqual(refused('disabled_subject'));
    await other.enableSubject('bob');
    const { id } = await issue();
    await other.deleteSubject('bob');
    expect(await store.issue(draftOf())).toEqual(refused('missing_subject'));
    expect((await store.listSessions({})).map((session) => session.id)).toEqual([id]);
  });

  test('issue() reads the subject and inserts the session atomically', async () => {
    const { store, other } = await open();
    const [issued] = await Promise.all([
      Promise.all(Array.from({ length: 30 }, () => store.issue(draftOf()))),
      Promise.all(Array.from({ length: 30 }, () => other.changeCredentials('bob'))),
    ]);
    for (const result of issued) {
      if (result.kind === 'refused') throw new Error(result.refusal);
      expect(result.session.credentialVersion).toBe(result.subject.credentialVersion);
      expect((await other.read(result.session.id)).session).toEqual(result.session);
    }
  });

  test('issue() fails under a replaced key set and succeeds under its replacement', async () => {
    const { store, other } = await open();
    await store.addFirstKeySet({ id: 'first', contract: 'fib', sealed: 'x.y.z' });
    expect(await store.issue(draftOf())).toMatchObject({ kind: 'issued' });
    await other.replaceKeySets({ id: 'fresh', contract: 'fib', sealed: 'x.y.z' }, 'compromised_keys');
    await expect(store.issue(draftOf())).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(await store.issue(draftOf({ keyId: 'fresh' }))).toMatchObject({ kind: 'issued' });
    const revocations = (await other.listSessions({})).map(({ keyId, revokedAt }) => [keyId, revokedAt]);
    expect(revocations.sort()).toEqual([
      ['first', start],
      ['fresh', undefined],
    ]);
  });

  test('issue() during replaceKeySets() leaves no active session under an old key set', async () => {
    const { store, other } = await open();
    await store.addFirstKeySet({ id: 'first', contract: 'fib', sealed: 'x.y.z' });
    const issuing = Array.from({ length: 30 }, () => store.issue(draftOf()).catch(() => undefined));
    await other.replaceKeySets({ id: 'fresh', contract: 'fib', sealed: 'x.y.z' }, 'compromised_keys');
    await Promise.all(issuing);
    const active = (await other.listSessions({})).filter(({ revokedAt }) => revokedAt === undefined);
    expect(active.filter(({ keyId }) => keyId === 'first')).toEqual([]);
  });

  test('issue() fails for an id that exists', async () => {
    const { store, issue, stored } = await open();
    const session = await issue({ label: 'first' });
    await expect(store.issue(draftOf({ id: session.id, label: 'second' }))).rejects.toThrow();
    expect(await stored(session)).toEqual(session);
  });

  test.each(['', ' ', `o'Brien "x" \\ %_; --`, 'Zoë 👩‍💻 \u202e', 'x'.repeat(1_000)])(
    'the store returns any text unchanged: %j',
    async (text) => {
      const { store, other } = await open();
      const subject = await store.putSubject(text, { email: text, account: text, role: text });
      expect(subject).toMatchObject({ id: text, email: text, account: text, role: text });
      const issued = await store.issue(draftOf({ id: text, subjectId: text, keyId: text, label: text }));
      expect(issued).toMatchObject({ kind: 'issued', session: { id: text, keyId: text, label: text } });
      expect(await other.listSessions({ subjectId: text })).toHaveLength(1);
    },
  );
}

export function readTests(open: Open): void {
  test('read() returns only the clock for an unknown id', async () => {
    const { store } = await open();
    expect(await store.read('unknown')).toEqual({ now: start, session: undefined, subject: undefined });
  });

  test('concurrent probe() calls succeed and change nothing', async () => {
    const { store, other, issue, stored } = await open();
    const session = await issue();
    await Promise.all([store.probe(), other.probe(), store.probe()]);
    expect(await stored(session)).toEqual(session);
  });

  test('read() returns the tombstone of a deleted subject', async () => {
    const { store, other, issue } = await open();
    const session = await issue();
    await other.deleteSubject('bob');
    expect(await store.read(session.id)).toMatchObject({ session, subject: { id: 'bob', deletedAt: start } });
  });
}

export function listTests(open: Open): void {
  test('listSessions() returns matching sessions, oldest first', async () => {
    const { store, other, setClock, issue } = await open();
    await store.putSubject('rob', details);
    await issue({ id: 'c' });
    await issue({ id: 'b', contract: 'xerial' });
    await setClock(start + 1);
    await issue({ id: 'a', lifetime: 1 });
    await issue({ id: 'd', subjectId: 'rob' });
    await store.revoke('c', 'requested');
    await setClock(start + 2);

    const listed = async (filter: Parameters<Store['listSessions']>[0]) =>
      (await other.listSessions(filter)).map(({ id }) => id).join('');
    expect(await listed({})).toBe('bcad');
    expect(await listed({ contract: 'fib' })).toBe('cad');
    expect(await listed({ subjectId: 'bob' })).toBe('bca');
    expect(await listed({ subjectId: 'bob', contract: 'fib' })).toBe('ca');
    expect(await listed({ subjectId: 'rob', contract: 'xerial' })).toBe('');
    expect(await listed({ contract: 'none' })).toBe('');
  });

  test('listSessions() pages without gaps or repetition while sessions change', async () => {
    const { store, other, setClock, issue } = await open();
    for (const id of ['b', 'a', 'c', 'd']) await issue({ id });
    await setClock(start + 1);
    await issue({ id: 'e', contract: 'xerial' });
    const page = (after: Parameters<Store['listSessions']>[1]) => other.listSessions({ subjectId: 'bob' }, after);
    const first = await page({ limit: 2 });
    expect(first.map(({ id }) => id)).toEqual(['a', 'b']);
    await store.revoke('b', 'requested');
    await issue({ id: '0' });
    const second = await page({ after: first.at(-1), limit: 2 });
    expect(second.map(({ id }) => id)).toEqual(['c', 'd']);
    const third = await page({ after: second.at(-1), limit: 10 });
    expect(third.map(({ id }) => id)).toEqual(['0', 'e']);
    const ofContract = await other.listSessions({ contract: 'fib' }, { after: first.at(-1), limit: 1 });
    expect(ofContract.map(({ id }) => id)).toEqual(['c']);
  });

  test('count() returns active, revoked and expired sessions by contract', async () => {
    const { store, other, setClock, issue } = await open();
    expect(await store.count()).toEqual({ subjects: 1, contracts: [] });
    await store.putSubject('gone', details);
    await store.deleteSubject('gone');
    await issue({ id: 'living' });
    await issue({ id: 'over', lifetime: 5 });
    await issue({ id: 'revoked', lifetime: 5 });
    await store.revoke('revoked', 'requested');
    await issue({ id: 'other', contract: 'xerial' });
    await setClock(start + 5);
    expect(await other.count()).toEqual({
      subjects: 1,
      contracts: [
        { contract: 'fib', living: 1, revoked: 1, expired: 1 },
        { contract: 'xerial', living: 1, revoked: 0, expired: 0 },
      ],
    });
  });
}
