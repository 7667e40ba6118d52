// rotate() is a compare-and-set: it writes only if everything that the decision was based on is unchanged.
import { expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import type { Session } from '../../../src/engine/session.ts';
import { details, draftOf, start, type Open } from './test-store.ts';

export function rotateTests(open: Open): void {
  test('rotate() changes generation, time and key only', async () => {
    const { store, issue, stored } = await open();
    const [session, bystander] = [await issue({ label: 'laptop' }), await issue()];
    const next = { generation: 1, rotatedAt: start + 10, keyId: 'second' };
    expect(await store.rotate(session, next)).toBe(true);
    expect(await stored(session)).toEqual({ ...session, ...next });
    expect(await stored(bystander)).toEqual(bystander);
  });

  test.each([7, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])(
    'rotate() stores generation %i exactly',
    async (generation) => {
      const { store, issue, stored } = await open();
      const session = await issue();
      expect(await store.rotate(session, { ...session, generation })).toBe(true);
      expect(await stored(session)).toEqual({ ...session, generation });
    },
  );

  test('one of a hundred identical concurrent rotate() calls succeeds', async () => {
    const { store, other, issue, stored } = await open();
    const session = await issue();
    const next = { generation: 1, rotatedAt: start + 1, keyId: 'first' };
    const rotated = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? store : other).rotate(session, next)),
    );
    expect(rotated.filter(Boolean)).toHaveLength(1);
    expect(await stored(session)).toEqual({ ...session, ...next });
  });

  test('one of several concurrent rotate() calls to other generations succeeds', async () => {
    const { store, other, issue, stored } = await open();
    const session = await issue();
    const generations = Array.from({ length: 40 }, (_, index) => index + 1);
    const rotated = await Promise.all(
      generations.map((generation) => (generation % 2 ? store : other).rotate(session, { ...session, generation })),
    );
    expect(rotated.filter(Boolean)).toHaveLength(1);
    expect(await stored(session)).toMatchObject({ generation: generations[rotated.indexOf(true)] });
  });

  test('concurrent rotate() calls of a hundred sessions all succeed', async () => {
    const { store, other, issue } = await open();
    const sessions = await Promise.all(Array.from({ length: 100 }, () => issue()));
    const rotated = await Promise.all(
      sessions.map((session, index) => (index % 2 ? store : other).rotate(session, { ...session, generation: 1 })),
    );
    expect(new Set(rotated)).toEqual(new Set([true]));
    expect((await store.listSessions({})).every(({ generation }) => generation === 1)).toBe(true);
  });

  // A change between read() and rotate() must win, on any instance.
  const losing: readonly (readonly [string, (other: Store, session: Session) => Promise<unknown>])[] = [
    ['another rotation', (other, session) => other.rotate(session, { ...session, generation: 1 })],
    ['a revocation', (other, { id }) => other.revoke(id, 'requested')],
    ['a revocation of all of the subject', (other) => other.revokeAll({ subjectId: 'bob' }, 'requested')],
    ['a revocation of all of the contract', (other) => other.revokeAll({ contract: 'fib' }, 'requested')],
    ['the subject being disabled', (other) => other.disableSubject('bob')],
    ['the subject being deleted', (other) => other.deleteSubject('bob')],
    ['changed credentials', (other) => other.changeCredentials('bob')],
    [
      'the subject being deleted and added again',
      async (other) => {
        await other.deleteSubject('bob');
        await other.putSubject('bob', details);
      },
    ],
  ];

  test.each(losing)('rotate() fails after %s', async (_name, happen) => {
    const { store, other, issue, stored } = await open();
    const session = await issue();
    await happen(other, session);
    const before = await stored(session);
    expect(await store.rotate(session, { generation: 2, rotatedAt: start + 9, keyId: 'second' })).toBe(false);
    expect(await stored(session)).toEqual(before);
  });

  const harmless: typeof losing = [
    [
      'the subject being disabled and enabled again',
      async (other) => {
        await other.disableSubject('bob');
        await other.enableSubject('bob');
      },
    ],
    ['changed details', (other) => other.putSubject('bob', { ...details, email: 'rob@mail.com' })],
    [
      'changes of another subject',
      async (other) => {
        await other.putSubject('rob', details);
        await other.disableSubject('rob');
        await other.changeCredentials('rob');
        await other.deleteSubject('rob');
      },
    ],
    [
      'changes of another session',
      async (other) => {
        const another = await other.issue(draftOf({ contract: 'xerial' }));
        if (another.kind === 'issued') await other.rotate(another.session, { ...another.session, generation: 1 });
        await other.revokeAll({ contract: 'xerial' }, 'requested');
      },
    ],
  ];

  test.each(harmless)('rotate() succeeds after %s', async (_name, happen) => {
    const { store, other, issue } = await open();
    const session = await issue();
    await happen(other, session);
    expect(await store.rotate(session, { ...session, generation: 1 })).toBe(true);
  });

  test.each([
    ['ahead of', 2],
    ['behind', 0],
  ])('rotate() changes nothing with a basis that is %s the row', async (_name, generation) => {
    const { store, issue, stored } = await open();
    const session = await issue();
    await store.rotate(session, { ...session, generation: 1 });
    expect(await store.rotate({ ...session, generation }, { ...session, generation: 9 })).toBe(false);
    expect(await stored(session)).toEqual({ ...session, generation: 1 });
  });

  test('rotate() of an unknown session returns false', async () => {
    const { store, issue } = await open();
    const session = await issue();
    expect(await store.rotate({ ...session, id: 'unknown' }, { ...session, generation: 1 })).toBe(false);
  });
}
