// Subjects: add, change, disable, enable and delete.
import { expect, test } from 'vitest';
import { details, start, type Open } from './test-store.ts';

export function subjectTests(open: Open): void {
  test('putSubject() adds a subject with a random credential version', async () => {
    const { store, other } = await open();
    const bob = await other.readSubject('bob');
    expect(bob).toEqual({
      id: 'bob',
      ...details,
      credentialVersion: bob?.credentialVersion,
      disabledAt: undefined,
      deletedAt: undefined,
    });
    const rob = await store.putSubject('rob', { email: undefined, account: undefined, role: undefined });
    expect(rob).toEqual(await other.readSubject('rob'));
    expect(rob.email).toBeUndefined();
    expect(rob.credentialVersion).not.toBe(bob?.credentialVersion);
    // At least 128 bits: a version must never occur twice.
    expect(rob.credentialVersion.length).toBeGreaterThanOrEqual(22);
    expect(await store.readSubject('unknown')).toBeUndefined();
  });

  test('putSubject() changes details and keeps state and credential version', async () => {
    const { store, other } = await open();
    await store.disableSubject('bob');
    const before = await other.readSubject('bob');
    const changed = { email: undefined, account: 'other', role: undefined };
    expect(await store.putSubject('bob', changed)).toEqual({ ...before, ...changed });
    expect(await other.readSubject('bob')).toEqual({ ...before, ...changed });
  });

  test('concurrent putSubject() calls add one subject with one credential version', async () => {
    const { store, other } = await open();
    const put = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).putSubject('new', details)),
    );
    expect(new Set(put.map(({ credentialVersion }) => credentialVersion)).size).toBe(1);
  });

  test('disableSubject() keeps the time of the first call until enableSubject()', async () => {
    const { store, other, setClock } = await open();
    expect(await store.disableSubject('bob')).toBe(true);
    await setClock(start + 9);
    expect(await store.disableSubject('bob')).toBe(true);
    expect(await other.readSubject('bob')).toMatchObject({ disabledAt: start });
    expect(await store.enableSubject('bob')).toBe(true);
    expect(await other.readSubject('bob')).toMatchObject({ disabledAt: undefined });
    expect(await store.enableSubject('bob')).toBe(true);
  });

  test('deleteSubject() leaves a tombstone and does not revoke sessions', async () => {
    const { store, other, setClock, issue, stored } = await open();
    const session = await issue();
    await store.disableSubject('bob');
    const before = await other.readSubject('bob');
    await setClock(start + 3);
    expect(await store.deleteSubject('bob')).toBe(true);
    const tombstone = {
      id: 'bob',
      credentialVersion: before?.credentialVersion,
      email: undefined,
      account: undefined,
      role: undefined,
      disabledAt: undefined,
      deletedAt: start + 3,
    };
    expect(await other.readSubject('bob')).toEqual(tombstone);
    expect(await stored(session)).toEqual(session);

    await setClock(start + 4);
    for (const change of ['disableSubject', 'enableSubject', 'deleteSubject', 'changeCredentials'] as const) {
      expect([change, await store[change]('bob')]).toEqual([change, false]);
    }
    expect(await other.readSubject('bob')).toEqual(tombstone);
  });

  test('putSubject() after deletion adds an enabled subject with a new version', async () => {
    const { store, other } = await open();
    await store.disableSubject('bob');
    const before = await other.readSubject('bob');
    await store.deleteSubject('bob');
    const back = await store.putSubject('bob', details);
    expect(back).toMatchObject({ ...details, disabledAt: undefined, deletedAt: undefined });
    expect(back.credentialVersion).not.toBe(before?.credentialVersion);
    expect(await other.readSubject('bob')).toEqual(back);
  });

  test('changeCredentials() changes the credential version only', async () => {
    const { store, other } = await open();
    const versions = new Set<string | undefined>();
    const before = await other.readSubject('bob');
    for (let count = 0; count < 5; count += 1) {
      expect(await store.changeCredentials('bob')).toBe(true);
      const after = await other.readSubject('bob');
      expect(after).toEqual({ ...before, credentialVersion: after?.credentialVersion });
      versions.add(after?.credentialVersion);
    }
    expect(versions.add(before?.credentialVersion).size).toBe(6);
  });

  test('changes of an unknown subject return false', async () => {
    const { store, other } = await open();
    for (const change of ['disableSubject', 'enableSubject', 'deleteSubject', 'changeCredentials'] as const) {
      expect([change, await store[change]('unknown')]).toEqual([change, false]);
    }
    expect(await other.readSubject('unknown')).toBeUndefined();
  });
}
